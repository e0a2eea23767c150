import { type Command, commands, type Phase, type WaitKind } from '@reembed/contracts';
import { ReembedError } from './error.ts';
import type { Migration, PhaseBegun, Wait } from './migration.ts';
import { fillsAfterSwitch, isInPlace, poisonable } from './recipes-of.ts';
import { syncsBack } from './reverse-sync.ts';
import { isSameWait } from './words.ts';

/**
 * | phase          | kind  | it goes by itself to        | a person may                    |
 * |----------------|-------|-----------------------------|---------------------------------|
 * | preparing      | stage | copying, syncing, failed    | cancel                          |
 * | copying        | stage | indexing, failed            | pause, cancel                   |
 * | indexing       | stage | verifying, failed           | pause, cancel                   |
 * | verifying      | stage | ready, syncing, failed      | pause, cancel                   |
 * | syncing        | stage | verifying, failed           | pause, cancel                   |
 * | ready          | stage | switching, failed           | pause, cancel, verify, switch, complete |
 * | switching      | stage | observing, syncing, failed  |                                 |
 * | observing      | rest  |                             | resume, rollback, complete      |
 * | inserting-late | stage | observing                   |                                 |
 * | rolling-back   | stage | rolled-back, observing, rolling-back |                        |
 * | completing     | stage | completed, observing, ready |                                 |
 * | completed      | end   |                             |                                 |
 * | rolled-back    | end   |                             |                                 |
 * | pausing        | stage | paused, failed              |                                 |
 * | paused         | rest  |                             | resume, cancel                  |
 * | failed         | rest  |                             | resume, cancel, switch          |
 * | cancelling     | stage | cancelled, failed           |                                 |
 * | cancelled      | end   |                             |                                 |
 *
 * What takes up again the target of a migration that was rolled back begins with `syncing`.
 * `ready` follows the source until it is switched, which it does by itself only where the spec says `auto` or a word was given before.
 * Resume leads to where it was; what has switched is never cancelled. `observing` leads to `inserting-late` on a word about late writes, and
 * goes on filling in vectors where the old one was kept beside them, and keeping the old collection fresh where the spec says so: what stopped that is
 * resumed. What comes in between while it is rolled back begins that anew. In place nothing is switched: what is ready is completed, and where that
 * is refused it is ready again. What failed because its target is in use may be taken for switched.
 */
type State = {
  /** `stage`: a coordinator works on it; `rest`: it waits for a word; `end`: nothing happens any more. */
  readonly kind: 'stage' | 'rest' | 'end';
  readonly next: readonly Phase[];
  readonly commands: Partial<Record<Command, Phase | 'resumeTo'>>;
};

export const transitions: Readonly<Record<Phase, State>> = {
  preparing: { kind: 'stage', next: ['copying', 'syncing', 'failed'], commands: { cancel: 'cancelling' } },
  copying: { kind: 'stage', next: ['indexing', 'failed'], commands: { pause: 'pausing', cancel: 'cancelling' } },
  indexing: { kind: 'stage', next: ['verifying', 'failed'], commands: { pause: 'pausing', cancel: 'cancelling' } },
  verifying: { kind: 'stage', next: ['ready', 'syncing', 'failed'], commands: { pause: 'pausing', cancel: 'cancelling' } },
  syncing: { kind: 'stage', next: ['verifying', 'failed'], commands: { pause: 'pausing', cancel: 'cancelling' } },
  ready: {
    kind: 'stage',
    next: ['switching', 'failed'],
    commands: { verify: 'verifying', switch: 'switching', complete: 'completing', pause: 'pausing', cancel: 'cancelling' },
  },
  switching: { kind: 'stage', next: ['observing', 'syncing', 'failed'], commands: {} },
  observing: { kind: 'rest', next: [], commands: { resume: 'observing', rollback: 'rolling-back', complete: 'completing' } },
  'inserting-late': { kind: 'stage', next: ['observing'], commands: {} },
  'rolling-back': { kind: 'stage', next: ['rolled-back', 'observing', 'rolling-back'], commands: {} },
  completing: { kind: 'stage', next: ['completed', 'observing', 'ready'], commands: {} },
  completed: { kind: 'end', next: [], commands: {} },
  'rolled-back': { kind: 'end', next: [], commands: {} },
  pausing: { kind: 'stage', next: ['paused', 'failed'], commands: {} },
  paused: { kind: 'rest', next: [], commands: { resume: 'resumeTo', cancel: 'cancelling' } },
  failed: { kind: 'rest', next: [], commands: { resume: 'resumeTo', cancel: 'cancelling', switch: 'switching' } },
  cancelling: { kind: 'stage', next: ['cancelled', 'failed'], commands: {} },
  cancelled: { kind: 'end', next: [], commands: {} },
};

/** Whether it goes nowhere without a word, or has ended. `ready` goes on following its source meanwhile. */
export function waitsForWord(phase: Phase): boolean {
  return phase === 'ready' || transitions[phase].kind !== 'stage';
}

/** Phases after the alias has moved: there is no way back to copying, and nothing of the target is ever deleted. */
const afterSwitch: readonly Phase[] = ['observing', 'inserting-late', 'rolling-back', 'rolled-back', 'completing', 'completed'];

export function hasSwitched(migration: Pick<Migration, 'phase' | 'resumeTo'>): boolean {
  return afterSwitch.includes(migration.phase) || (migration.resumeTo !== null && afterSwitch.includes(migration.resumeTo));
}

/** Whether its target, rolled back, is known to have nothing that no source has: a fleet that adopted it without its record has no comparison. */
export function nothingToLose({ rollback, verification }: Pick<Migration, 'rollback' | 'verification'>): boolean {
  return rollback === null && verification !== null;
}

/** Whether its stage runs again and again without a word. */
export function isAtWork(migration: Pick<Migration, 'phase' | 'spec' | 'resolved' | 'witness'>): boolean {
  const { phase, spec } = migration;
  return (
    transitions[phase].kind === 'stage' ||
    (phase === 'observing' && (fillsAfterSwitch(spec) || syncsBack(spec) || poisonable(migration).length > 0))
  );
}

type Standing = Pick<Migration, 'phase' | 'resumeTo' | 'spec' | 'error' | 'waiting'>;

/** What a person may ask for now. In place there is nothing to switch, and what is ready is completed. */
export function possibleCommands(migration: Standing): Command[] {
  const never = isInPlace(migration.spec) ? 'switch' : migration.phase === 'ready' ? 'complete' : null;
  return commands.filter((command) => {
    // Nothing stopped: the word has a provider asked again that wants to be waited for.
    if (command === 'resume' && migration.waiting?.kind === 'provider') return migration.error?.code !== 'superseded';
    if (migration.error?.code === 'superseded' || command === never || transitions[migration.phase].commands[command] === undefined)
      return false;
    // Nothing but reverse sync stops there, and goes on; a rollback that was refused by what stops it says to resume as well.
    if (command === 'resume' && migration.phase === 'observing')
      return syncsBack(migration.spec) && (migration.waiting?.kind === 'mending' || migration.error !== null);
    if (command === 'switch' && migration.phase === 'failed') return migration.error?.code === 'target-live';
    return !(command === 'cancel' && hasSwitched(migration));
  });
}

/** Whether both stand in the same phase. A Redis that came back older counts the same numbers up again on another way. */
export function isSamePhase(one: Standpoint, other: Standpoint): boolean {
  return one.phaseNumber === other.phaseNumber && one.phase === other.phase;
}

type Standpoint = Pick<Migration, 'phaseNumber' | 'phase'>;

/** Whether nothing is to come of it any more, whatever anyone says. */
export function hasEnded({ phase }: Pick<Migration, 'phase'>): boolean {
  return transitions[phase].kind === 'end';
}

/** The phase a command leads to. Throws `wrong-state`, which says what is possible instead. */
export function phaseAfter(migration: Standing & Pick<Migration, 'id'>, command: Command): Phase {
  const possible = possibleCommands(migration);
  const to = transitions[migration.phase].commands[command];
  if (to === undefined || !possible.includes(command)) {
    const instead = possible.length === 0 ? 'nothing is possible until this phase ends' : `possible now: ${possible.join(', ')}`;
    const ended = hasEnded(migration) ? 'it has ended' : instead;
    throw new ReembedError('wrong-state', `cannot ${command} migration ${migration.id} while it is ${migration.phase}: ${ended}`);
  }
  return to === 'resumeTo' ? (migration.resumeTo ?? 'copying') : to;
}

/** Phases in which workers may write to the target. */
const writingPhases: readonly Phase[] = ['copying', 'syncing', 'ready', 'switching', 'observing', 'inserting-late', 'completing'];

/** Whether the fence of its epoch may stand. A rollback brings the old collection up to date first, where it is kept fresh. */
export function mayWrite({ phase, spec }: Pick<Migration, 'phase' | 'spec'>): boolean {
  return writingPhases.includes(phase) || (phase === 'rolling-back' && syncsBack(spec));
}

/** A new epoch begins whenever writing to the target begins again, so that no writer of before can follow. */
export function epochAfter({ epoch, spec }: Pick<Migration, 'epoch' | 'spec'>, to: Phase): number {
  return mayWrite({ phase: to, spec }) ? epoch + 1 : epoch;
}

/** The document after a move to another phase. `at` is an ISO time. */
export function moved(migration: Migration, to: Phase, at: string, change: Partial<Migration> = {}): Migration {
  return {
    ...migration,
    waiting: null,
    error: null,
    resumeTo: to === 'pausing' || to === 'failed' ? placeToResume(migration) : to === 'paused' ? migration.resumeTo : null,
    stoppedAt: null,
    gating: null,
    cutover: null,
    history: [...withWaits(migration, at), { phase: to, at }].slice(-maxHistory),
    approval: dropsApproval.includes(to) ? null : migration.approval,
    pass: keepsPass(migration, to) ? migration.pass : null,
    // Before the switch it counts differences, afterwards points that lack a vector.
    lag: to === 'observing' ? null : migration.lag,
    ...change,
    phase: to,
    phaseNumber: migration.phaseNumber + 1,
    epoch: epochAfter(migration, to),
    updatedAt: at,
  };
}

/** Waiting for somebody else. That workers embed and that Qdrant indexes is work, and that writers end what they began a step of ours. */
const forOthers: readonly WaitKind[] = ['worker', 'provider', 'throttle', 'lock', 'slow-qdrant', 'gate', 'away', 'mending'];

/** The document with what it waits for from now on (null: for nothing). A wait that has ended is counted in its phase. */
export function waitingFor(migration: Migration, wait: Wait | null, at: string): Migration {
  const { waiting: before, history } = migration;
  const goesOn = before !== null && wait !== null && before.kind === wait.kind && isSameWait(before.reason, wait.reason);
  const waiting = wait === null ? null : { ...wait, since: goesOn ? before.since : at };
  return { ...migration, waiting, history: goesOn ? history : withWaits(migration, at) };
}

/** The phases so far, with all that was waited for somebody else until `at`. */
export function withWaits({ history, waiting }: Pick<Migration, 'history' | 'waiting'>, at: string): readonly PhaseBegun[] {
  const last = history.at(-1);
  if (last === undefined || waiting === null || !forOthers.includes(waiting.kind)) return history;
  const waitedMs = Math.max(0, Date.parse(at) - Date.parse(waiting.since));
  return [...history.slice(0, -1), { ...last, waitedMs: (last.waitedMs ?? 0) + waitedMs }];
}

/** Phases whose spec may be edited: what is stored does not change under a step that cannot be begun anew. */
const editable: readonly Phase[] = ['preparing', 'copying', 'indexing', 'verifying', 'syncing', 'ready', 'observing', 'paused', 'failed'];

export function isEditable({ phase }: Pick<Migration, 'phase'>): boolean {
  return editable.includes(phase);
}

/**
 * The document with an edited spec, or another epoch: its phase begins anew under the next number, so that everybody who works by what was
 * before stops, and a Redis that comes back older is known by it. What was walked stays walked where the walk can go on.
 */
export function edited(migration: Migration, to: Phase, at: string, change: Partial<Migration>): Migration {
  const { error, approval, lag, stoppedAt } = migration;
  const kept = to === migration.phase ? { error, lag, history: withWaits(migration, at), stoppedAt } : {};
  return moved(migration, to, at, { approval, ...kept, ...change });
}

/** A switch that goes round and round on a busy source begins many phases. */
const maxHistory = 300;

/** Where a word to switch no longer holds. */
const dropsApproval: readonly Phase[] = ['pausing', 'failed', 'cancelling', 'observing'];

/** A pause keeps the pass, and so does an edit of the spec; a failure does not, because its ranges were given up. One that fills in is kept as `fill`. */
function keepsPass({ phase: from, pass }: Pick<Migration, 'phase' | 'pass'>, to: Phase): boolean {
  const pauses = to === 'pausing' || to === 'paused' || to === from;
  return pass?.kind === 'copy' && (pauses || (from === 'paused' && to === 'copying'));
}

/**
 * Copy is idempotent and costs nothing where all is stored, so every stop before the switch goes on there; later ones where they were.
 * A switch that failed may have moved the alias: it goes on as a switch, which looks at the alias first.
 */
function placeToResume(migration: Migration): Phase {
  const staysWhereItWas = migration.phase === 'preparing' || migration.phase === 'switching' || hasSwitched(migration);
  if (staysWhereItWas) return migration.resumeTo ?? migration.phase;
  return migration.resumeTo ?? (migration.verification === null ? 'copying' : 'syncing');
}
