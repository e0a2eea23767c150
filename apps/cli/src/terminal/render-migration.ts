import type { Filling, Finding, MigrationView, Progress, SubmitReply } from '@reembed/contracts';
import { count, dollars, duration, table } from './format.ts';

/** One migration for people. */
export function renderView(view: MigrationView): string {
  const { progress, error, waiting } = view;
  const rows = [
    ['migration', `${view.id} (${view.name})`],
    ['phase', `${view.phase}, since ${view.updatedAt}`],
    ['from, to', `${view.source} -> ${view.target}${view.alias === null ? '' : `, alias ${view.alias}`}`],
    ['progress', renderProgress(progress)],
    ...(progress.setAside === 0 && progress.accepted === 0 ? [] : [['set aside', renderSetAside(progress)]]),
    ...renderLag(view),
    ...(view.lateWrites.open === 0 ? [] : [['late writes', `${count(view.lateWrites.open)} open`]]),
    ...(waiting === null ? [] : [['waiting', waiting.reason]]),
    ...(error === null ? [] : [['error', `${error.message} [${error.code}]`]]),
    ...renderVerification(view),
    ...renderGates(view),
    ['next', view.next],
  ];
  return table(rows).join('\n');
}

function renderLag({ lag, filling }: MigrationView): string[][] {
  if (filling !== null) return filling.lacking === null ? [] : [['lacking', renderLacking(filling)]];
  if (lag === null) return [];
  return [['sync', `${count(lag.differences)} difference(s) found and mended by the last pass, ${lag.at}`]];
}

/** `3 point(s) lacked "new" at the last look, 2026-01-01T00:00:05.000Z`. */
export function renderLacking({ vectors, lacking, at }: Filling): string {
  const names = vectors.map((name) => JSON.stringify(name)).join(', ');
  return `${count(lacking ?? 0)} point(s) lacked ${names} at the last look, ${at}`;
}

function renderVerification({ verification }: MigrationView): string[][] {
  if (verification === null) return [];
  const { sourcePoints, targetPoints, compared, findings } = verification;
  const counts = `source ${count(sourcePoints)}, target ${count(targetPoints)}, compared ${count(compared)}`;
  return [['verified', `${counts}: ${renderFindings(findings)}`]];
}

/** `3 missing, 1 extra`. */
export function renderFindings(findings: readonly Pick<Finding, 'count' | 'kind'>[]): string {
  return findings.map((finding) => `${count(finding.count)} ${finding.kind}`).join(', ') || 'no difference';
}

/** `2 point(s), 1 accepted`. */
export function renderSetAside({ setAside, accepted }: Progress): string {
  if (setAside === null || accepted === null) return 'not known: Qdrant, which keeps the list, does not answer';
  return `${count(setAside)} point(s), ${count(accepted)} accepted`;
}

function renderGates({ gates, overrides }: MigrationView): string[][] {
  const measured = gates === null ? [] : (['fidelity', 'quality'] as const);
  return [
    ...measured.map((gate) => [gate, `${gates?.[gate].verdict.replace('-', ' ')}: ${gates?.[gate].reasons.join('; ')}`]),
    ...overrides.map(({ gate, by, reason, at }) => ['override', `${gate}, by ${by}, ${at}: ${reason}`]),
  ];
}

/** `512 of 1,000 points, 43 points/s, ETA 12 s, $0.0021`. */
export function renderProgress(progress: Progress): string {
  return [`${count(progress.points)} of ${count(progress.sourcePoints)} points`, ...paceOf(progress)].join(', ');
}

/** Points a second, time left and cost, as far as they are known. */
export function paceOf({ pointsPerSecond, etaSeconds, costUsd }: Progress): string[] {
  return [
    ...(pointsPerSecond === null ? [] : [`${count(pointsPerSecond)} points/s`]),
    ...(etaSeconds === null ? [] : [`ETA ${duration(etaSeconds)}`]),
    dollars(costUsd),
  ];
}

/** Migrations one a line. */
export function renderList(views: readonly MigrationView[]): string {
  if (views.length === 0) return 'There is no migration.';
  const rows = views.map(({ id, phase, name, source, target, progress }) => [
    id,
    phase,
    `${count(progress.points)}/${count(progress.sourcePoints)}`,
    `${source} -> ${target}`,
    name,
  ]);
  return table([['id', 'phase', 'points', 'from, to', 'name'], ...rows]).join('\n');
}

/** What applications have to change, and the next step. */
export function renderOutcome(view: MigrationView): string {
  const change = view.queryChange.map((sentence) => `  - ${sentence}`);
  const onQueries = view.phase === 'ready' || view.phase === 'observing' ? ['On the query side:', ...change] : [];
  return [`Migration ${view.id} is ${view.phase}.`, ...onQueries, `Next: ${view.next}`].join('\n');
}

/** How a submission was answered. */
export const submissionWords: Readonly<Record<SubmitReply['how'], string>> = {
  created: 'is new',
  repeated: 'was submitted before',
  running: 'is known here already',
  adopted: 'goes on from what its target says',
};
