import type { FidelityCheck, FidelityGate, Gates, GatesSummary, Verdict } from '@reembed/contracts';
import type { Migration, Wait } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { noWorkerRuns } from '../domain/words.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { isCurrent } from '../ports/migration-document.ts';
import { worseVerdict } from '../quality/quality-verdict.ts';
import { whyHeld } from '../recipes/held-providers.ts';
import { checkRecall } from './ann-recall.ts';
import { drawPoints } from './draw-points.ts';
import { checkEmbeddedAgain, embedSample } from './embedded-again.ts';
import { checkIndex, comparisonChecks } from './fidelity-checks.ts';
import { measureQuality, prepareQuality } from './quality-gate.ts';
import { patientSearches } from './search-sides.ts';

/** How often a measurement looks whether the fleet has embedded what it needs, in ms. */
const lookMs = 500;

/** `again`: look again after so many ms; what it waits for, where that is somebody else. */
export type Measurement =
  | { readonly kind: 'measured'; readonly gates: Gates }
  | { readonly kind: 'again'; readonly afterMs: number; readonly waiting?: Wait };

/**
 * Measures both gates for the measurement that began `at`. What takes the fleet's time (embeddings) is asked for first, all of it at once, and
 * `again` is answered until it is there; only then both collections are searched. Safe to begin again: what was drawn and embedded is found.
 */
export async function measureGates(given: CoordinatorDeps, migration: Migration, at: string, signal: AbortSignal): Promise<Measurement> {
  const deps = { ...given, searches: patientSearches(given) };
  const index = await checkIndex(deps, migration, at);
  if (typeof index === 'string') return { kind: 'again', afterMs: lookMs, waiting: { kind: 'indexing', reason: index } };
  const draw = await drawPoints(deps, migration, at);
  const sample = await embedSample(deps, migration, draw);
  const prepared = await prepareQuality(deps, migration, draw);
  if (sample === null || prepared === null) return { kind: 'again', afterMs: lookMs, waiting: await whyWaiting(deps, migration) };
  const again = await checkEmbeddedAgain(deps, migration, sample);
  const recall = await checkRecall(deps, migration, draw, signal);
  const stands = () => isCurrent(deps, migration);
  const quality = await measureQuality(deps, migration, prepared, draw, { signal, stands });
  if (quality === null) return { kind: 'again', afterMs: 0 };
  const fidelity = fidelityOf([...(await compared(deps, migration)), again, index, recall]);
  return { kind: 'measured', gates: { at, fidelity, quality } };
}

async function whyWaiting(deps: CoordinatorDeps, migration: Migration): Promise<Wait> {
  const { fleet, modelCalls } = deps;
  const held = await whyHeld(deps, migration);
  if (held !== null) return held;
  return (await fleet.workers()) > 0 || (await modelCalls.active()) > 0
    ? { kind: 'embedding', reason: 'for workers to embed what the gates need' }
    : { kind: 'worker', reason: `for a worker to embed what the gates need: ${noWorkerRuns}` };
}

async function compared(deps: CoordinatorDeps, { id, spec, verification }: Migration): Promise<FidelityCheck[]> {
  if (verification === null) throw new Error(`migration ${id} has its gates measured before anything was compared`);
  return comparisonChecks(verification, (await deps.setAside.count(id)).accepted, isInPlace(spec));
}

function fidelityOf(checks: FidelityCheck[]): FidelityGate {
  const measured = checks.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'not-measured');
  return { verdict: measured.reduce<Verdict>(worseVerdict, 'pass'), checks };
}

/** The verdicts with their numbers in words, short enough for the document. */
export function summaryOf({ at, fidelity, quality }: Gates): GatesSummary {
  const notable = fidelity.checks.filter(({ verdict }) => verdict !== 'pass');
  const shown = notable.length > 0 ? notable : fidelity.checks;
  const reasons = shown.map(
    ({ name, message, ids }) => `${name}: ${message}${ids.length === 0 ? '' : ` (${ids.map(({ id }) => id).join(', ')})`}`,
  );
  return { at, fidelity: { verdict: fidelity.verdict, reasons }, quality: { verdict: quality.verdict, reasons: quality.reasons } };
}

/** Both verdicts in one line, for people: `gates: fidelity pass; quality inconclusive (nDCG@10 …)`. */
export function verdictLine({ fidelity, quality }: GatesSummary): string {
  const words = ({ verdict, reasons }: GatesSummary['quality']) =>
    verdict === 'pass' ? 'pass' : `${verdict.replace('-', ' ')} (${reasons[0] ?? 'no reason is known'})`;
  return `gates: fidelity ${words(fidelity)}; quality ${words(quality)}`;
}
