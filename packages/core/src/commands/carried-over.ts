import type { MigrationRecord, Phase, Progress } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration, Spent } from '../domain/migration.ts';
import { hasSwitched } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/**
 * What a fleet that takes a migration over knows of the time before it, from its record: phases with their times, what was spent, people's
 * words, and, where the target is not compared again, the comparison, the gates and what a rollback found. `number` is that of the last phase: what is ready goes by
 * the gates of that very phase. Nothing where nothing is kept, or another version kept it.
 */
export async function carriedOver(deps: CoordinatorDeps, id: string, phase: Phase, number: number): Promise<Partial<Migration>> {
  const record = await deps.records.load(id).catch(noneToRead);
  if (record === null) return {};
  const { view, report } = record;
  const isOfReady = phase === 'ready' && view.phase === phase && view.phaseNumber === number;
  // What a rollback found is known at its end alone.
  const isOfSwitched = hasSwitched({ phase, resumeTo: null }) && (phase !== 'rolled-back' || view.phase === phase);
  const results = isOfReady || phase === 'switching' || isOfSwitched ? await resultsOf(deps, id, record) : {};
  return {
    history: report.phases.map(({ phase: past, from, waitedMs }) => ({ phase: past, at: from, waitedMs })),
    spentBefore: await spentElsewhere(deps, id, view.progress),
    overrides: view.overrides,
    ...results,
  };
}

/** Of a record that another version kept nothing is known. */
export function noneToRead(error: unknown): null {
  if (isReembedError(error, 'metadata-damaged')) return null;
  throw error;
}

async function resultsOf({ gates }: CoordinatorDeps, id: string, { view, report }: MigrationRecord): Promise<Partial<Migration>> {
  if (report.gates !== null) await gates.save(id, report.gates);
  return { gates: view.gates, verification: view.verification, rollback: view.rollback };
}

/** What this Redis has counted itself is counted there. */
async function spentElsewhere({ ranges }: CoordinatorDeps, id: string, known: Progress): Promise<Migration['spentBefore']> {
  const here = await ranges.spent(id);
  const elsewhere = (what: keyof Spent) => Math.max(0, known[what] - here[what]);
  return { texts: elsewhere('texts'), tokens: elsewhere('tokens'), batchTokens: elsewhere('batchTokens'), kept: elsewhere('kept') };
}
