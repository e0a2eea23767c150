import type { MigrationEvent, MigrationView, Phase, Progress } from '@reembed/contracts';
import { Presets, SingleBar } from 'cli-progress';
import { count, duration } from './format.ts';
import type { Cli } from './host.ts';
import { paceOf, renderFindings, renderProgress } from './render-migration.ts';

/** A coordinator that does not answer, `since` it was last heard, and one that does again. Moments as ISO 8601. */
export type AbsenceNews =
  | { readonly type: 'away'; readonly since: string; readonly until: string; readonly message: string }
  | { readonly type: 'back'; readonly since: string; readonly at: string };

/** Shows a migration as it goes: what following it tells, in lines and a bar. */
export type Reporter = {
  onEvent(event: MigrationEvent): void;
  /** A phase is told once, however often it is seen, and so is what it waits for until something goes on. */
  onView(view: Pick<MigrationView, 'phase' | 'waiting'>): void;
  /** A coordinator that is away is told, with how long it is waited for, and that it is back. */
  onAbsence(news: AbsenceNews): void;
  /** A line beside the progress. */
  say(line: string): void;
  /** Takes away what is drawn; may be repeated. */
  close(): void;
};

export type ReporterOptions = Pick<Cli, 'json' | 'terminal' | 'say'> & {
  /** ms; tests give their own. */
  readonly now?: () => number;
};

/** A bar on a terminal, lines elsewhere, nothing where a JSON document is wanted. */
export function createReporter(options: ReporterOptions): Reporter {
  const { json, terminal } = options;
  const progress = json ? nothing : terminal === null ? createLines(options) : createBar(terminal);
  let shown: Phase | null = null;
  let waitsFor: string | null = null;
  const say = (line: string) => {
    progress.clear();
    options.say(line);
  };
  const phase = (now: Phase) => {
    if (now === shown) return;
    say(`${now}`);
    shown = now;
    waitsFor = null;
  };
  const waits = (reason: string) => {
    if (reason !== waitsFor) say(`  waiting ${reason}`);
    waitsFor = reason;
  };
  return {
    say,
    onView(view) {
      phase(view.phase);
      if (view.waiting !== null) waits(view.waiting.reason);
    },
    onEvent(event) {
      if (event.type === 'phase') phase(event.phase);
      else if (event.type === 'waiting') waits(event.reason);
      else if (event.type === 'progress') {
        waitsFor = null;
        progress.show(shown, event.progress);
      } else for (const line of linesOf(event)) say(`  ${line}`);
    },
    onAbsence: (news) => say(`  ${absenceInWords(news)}`),
    close: () => progress.clear(),
  };
}

function absenceInWords(news: AbsenceNews): string {
  if (news.type === 'back') return `heard again at ${news.at}, after ${duration((Date.parse(news.at) - Date.parse(news.since)) / 1_000)}`;
  return `nothing is heard since ${news.since}: ${news.message}. It is asked again until ${news.until}, and this command ends then`;
}

function linesOf(event: Exclude<MigrationEvent, { type: 'phase' | 'progress' | 'waiting' }>): string[] {
  if (event.type === 'note') return [event.message];
  if (event.type === 'error') return [`${event.message} [${event.code}]`];
  const { sourcePoints, targetPoints } = event.verification;
  return [`compared source (${count(sourcePoints)} points) and target (${count(targetPoints)}): ${renderFindings(event.verification)}`];
}

type ProgressDisplay = { show(phase: Phase | null, progress: Progress): void; clear(): void };

const nothing: ProgressDisplay = { show: () => {}, clear: () => {} };

function createBar(stream: NodeJS.WriteStream): ProgressDisplay {
  const format = '  {phase} {bar} {percentage}% | {points} | {pace}';
  let bar: SingleBar | null = null;
  return {
    show(phase, progress) {
      const total = Math.max(progress.sourcePoints, 1);
      const payload = {
        phase: progress.pass?.kind ?? phase ?? '',
        points: `${count(progress.points)}/${count(progress.sourcePoints)} points`,
        pace: paceOf(progress).join(', '),
      };
      if (bar === null) {
        bar = new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true, barsize: 30 }, Presets.shades_classic);
        bar.start(total, Math.min(progress.points, total), payload);
      }
      bar.setTotal(total);
      bar.update(Math.min(progress.points, total), payload);
    },
    clear() {
      bar?.stop();
      bar = null;
    },
  };
}

/** Between two lines of progress, in ms. */
const quietMs = 5_000;

function createLines({ say, now = () => performance.now() }: ReporterOptions): ProgressDisplay {
  let last = { at: Number.NEGATIVE_INFINITY, text: '' };
  return {
    show(phase, progress) {
      const text = `  ${progress.pass?.kind ?? phase ?? ''}: ${renderProgress(progress)}`;
      if (now() - last.at < quietMs || text === last.text) return;
      last = { at: now(), text };
      say(text);
    },
    clear: () => {},
  };
}
