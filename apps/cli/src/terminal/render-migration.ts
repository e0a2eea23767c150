import {
  type DeadLetter,
  type Filling,
  gateNameSchema,
  type MigrationPage,
  type MigrationView,
  type Progress,
  type SubmitReply,
  type Verification,
} from '@reembed/contracts';
import { count, dollars, duration, table } from './format.ts';
import { renderBridge } from './render-plan.ts';

/** One migration for people. */
export function renderView(view: MigrationView): string {
  const { progress, error, waiting } = view;
  const rows = [
    ['migration', `${view.id} (${view.name})`],
    ['phase', `${view.phase}, since ${view.updatedAt}`],
    ...(view.keptAt === undefined ? [] : [['kept', `by Qdrant, as of ${view.keptAt}: no coordinator that was asked knows it`]]),
    ['from, to', `${view.source} -> ${view.target}${view.alias === null ? '' : `, alias ${view.alias}`}`],
    ...renderPass(view),
    ['cost', renderCost(progress)],
    ...(progress.setAside === 0 && progress.accepted === 0 ? [] : [['set aside', renderSetAside(progress)]]),
    ...renderLag(view),
    ...renderReverseSync(view),
    ...(view.lateWrites.open === 0 ? [] : [['late writes', `${count(view.lateWrites.open)} open`]]),
    ...renderWriters(view),
    ...(waiting === null ? [] : [['waiting', `${waiting.reason} (since ${waiting.since})`]]),
    ...renderBound(view),
    ...(view.pace?.reasons ?? []).map((reason) => ['pace', reason]),
    ...view.fits.map((words) => ['learnt', words]),
    ...(error === null ? [] : [['error', `${error.message} [${error.code}]`]]),
    ...renderVerification(view),
    ...renderGates(view),
    ...(view.bridge === null ? [] : [['bridge', view.bridge.says]]),
    ['next', view.next],
  ];
  return table(rows).join('\n');
}

/** Of a pass that has an end: what follows its source while it waits for people is in no hurry. */
function renderBound({ phase, progress, waiting, bound }: MigrationView): string[][] {
  if (bound === null || waiting !== null || progress.pass === null || phase === 'ready' || phase === 'observing') return [];
  return [['bound by', `${bound.by}: ${bound.reason}`]];
}

function renderLag({ lag, filling }: MigrationView): string[][] {
  if (filling !== null) return filling.lacking === null ? [] : [['lacking', renderLacking(filling)]];
  if (lag === null) return [];
  return [['sync', `${count(lag.differences)} difference(s) found and mended by the last pass, ${lag.at}`]];
}

function renderReverseSync({ reverseSync }: MigrationView): string[][] {
  if (reverseSync === null) return [];
  const { collection, freshAsOf, differences, setAside, example } = reverseSync;
  if (freshAsOf === null) return [['kept fresh', `${collection}: the first pass is under way`]];
  const without =
    setAside === 0
      ? ''
      : `, without ${setAside === null ? 'those' : count(setAside)} that cannot be made for it${example === null ? '' : ` (${example})`}`;
  return [
    [
      'kept fresh',
      `${collection}, as of ${freshAsOf}: ${count(differences ?? 0)} difference(s) found and mended by the last pass${without}`,
    ],
  ];
}

/** `3 point(s) lacked "new" at the last look, 2026-01-01T00:00:05.000Z`. */
export function renderLacking({ vectors, lacking, at }: Filling): string {
  const names = vectors.map((name) => JSON.stringify(name)).join(', ');
  return `${count(lacking ?? 0)} point(s) lacked ${names} at the last look, ${at}`;
}

/** `2 of 20 vectors that were looked at are of the old model`. */
function renderWriters({ writers }: MigrationView): string[][] {
  if (writers === null) return [];
  const { looked, old, unlike, unable, at } = writers;
  const others = unlike === 0 ? '' : `, ${count(unlike)} of neither model`;
  const found = `${count(old)} of ${count(looked)} vectors that were looked at are of the old model${others}, ${at}`;
  return [['writers', unable === null ? found : `${found}; the last look told nothing: ${unable}`]];
}

function renderVerification({ verification }: MigrationView): string[][] {
  if (verification === null) return [];
  const { sourcePoints, targetPoints, compared } = verification;
  const counts = `source ${count(sourcePoints)}, target ${count(targetPoints)}, compared ${count(compared)}`;
  return [['verified', `${counts}: ${renderFindings(verification)}`]];
}

/** `3 missing, 1 extra`, `no difference beside the 2 set aside`. */
export function renderFindings({ findings, setAside }: Pick<Verification, 'findings' | 'setAside'>): string {
  const found = findings.map((finding) => `${count(finding.count)} ${finding.kind}`).join(', ') || 'no difference';
  return setAside === 0 ? found : `${found} beside the ${count(setAside)} set aside`;
}

/** `2 point(s), 1 accepted`. */
export function renderSetAside({ setAside, accepted }: Progress): string {
  if (setAside === null || accepted === null) return 'not known: Qdrant, which keeps the list, does not answer';
  return `${count(setAside)} point(s), ${count(accepted)} accepted`;
}

function renderGates({ gates, overrides }: MigrationView): string[][] {
  const measured = gateNameSchema.options.flatMap((gate) => {
    const found = gates?.[gate];
    return found === undefined ? [] : [[gate, `${found.verdict.replace('-', ' ')}: ${found.reasons.join('; ')}`]];
  });
  return [...measured, ...overrides.map(({ gate, by, reason, at }) => ['override', `${gate}, by ${by}, ${at}: ${reason}`])];
}

/** How far the pass under way is, by its kind: a pass that looks again begins at 0, and the migration does not. */
function renderPass({ progress }: MigrationView): string[][] {
  return progress.pass === null ? [] : [[progress.pass.kind, renderProgress(progress)]];
}

function renderCost({ texts, tokens, batchTokens, costUsd, kept }: Progress): string {
  const batched = batchTokens === 0 ? '' : `, ${count(batchTokens)} of them by batch`;
  const taken = kept === 0 ? '' : `; ${count(kept)} vectors were taken from an earlier target instead`;
  return `${dollars(costUsd)} for ${count(texts)} texts, ${count(tokens)} tokens${batched}${taken}`;
}

/** `512 of 1,000 points, 43 points/s, ETA 12 s, $0.0021`; what is not known is left out. */
export function renderProgress(progress: Progress): string {
  return [`${count(progress.points)} of ${count(progress.sourcePoints)} points`, ...paceOf(progress)].join(', ');
}

/** Points a second, time left and cost, as far as they are known. */
export function paceOf({ pointsPerSecond, etaSeconds, costUsd }: Progress): string[] {
  return [
    ...(pointsPerSecond === null ? [] : [`${count(pointsPerSecond)} points/s`]),
    ...(etaSeconds === null ? [] : [`ETA ${duration(etaSeconds)}`]),
    ...(costUsd === null ? [] : [dollars(costUsd)]),
  ];
}

/** Migrations one a line. */
export function renderList({ migrations, unreadable }: Pick<MigrationPage, 'migrations' | 'unreadable'>): string {
  return [renderViews(migrations), ...unreadable.map(({ message, code }) => `${message} [${code}]`)].join('\n');
}

/** Jobs that nobody can work on, one a line. */
export function renderDeadLetters(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'There is none.';
  return table([['since', 'queue', 'job', 'reason'], ...letters.map(({ at, queue, job, reason }) => [at, queue, job, reason])]).join('\n');
}

function renderViews(views: readonly MigrationView[]): string {
  if (views.length === 0) return 'There is no migration.';
  const phaseOf = ({ phase, keptAt }: MigrationView) => (keptAt === undefined ? phase : `${phase} (kept)`);
  const rows = views.map((view) => [view.id, phaseOf(view), howFar(view), `${view.source} -> ${view.target}`, view.name]);
  return table([['id', 'phase', 'points', 'from, to', 'name'], ...rows]).join('\n');
}

/** Of the migration: what is copied while it copies, then what the last comparison found on both sides. */
function howFar({ phase, progress, verification }: MigrationView): string {
  if (phase === 'copying' || progress.pass?.kind === 'copy') return `${count(progress.points)}/${count(progress.sourcePoints)}`;
  if (verification !== null) return `${count(verification.targetPoints)}/${count(verification.sourcePoints)}`;
  return phase === 'preparing' ? '-' : 'not compared';
}

/** What applications have to change, and the next step. */
export function renderOutcome(view: MigrationView): string {
  const change = view.queryChange.map((sentence) => `  - ${sentence}`);
  const onQueries = view.phase === 'ready' || view.phase === 'observing' ? ['On the query side:', ...change] : [];
  return [`Migration ${view.id} is ${view.phase}.`, ...onQueries, `Next: ${view.next}`].join('\n');
}

/** What an edited spec changed: `copy.pagePoints: 100 -> 200, from the next range on`, one a line. */
export function renderChanges({ changes }: Pick<SubmitReply, 'changes'>): string[] {
  return changes.map(({ field, before, after, from }) => `${field}: ${before} -> ${after}, ${from}`);
}

/** How a submission was answered. */
export const submissionWords: Readonly<Record<SubmitReply['how'], string>> = {
  created: 'is new',
  repeated: 'was submitted before',
  running: 'is known here already',
  adopted: 'goes on from what its target says',
  again: 'takes up again what was rolled back',
};

/** The code by which applications ask a vector that is being filled in, or why there is none. */
export function renderBridgeCode({ bridge }: MigrationView): string[] {
  if (bridge === null) return ['', 'No vector is being filled in that applications could ask over a bridge.'];
  return bridge.code === null ? ['', `It is not known what embeds a query for "${bridge.fresh}".`] : renderBridge(bridge.code);
}
