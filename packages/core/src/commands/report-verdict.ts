import type { GatesSummary, Override, Verdict } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { hasSwitched } from '../domain/transitions.ts';
import { differencesIn, reembed } from '../domain/words.ts';
import { standingGates } from '../gates/gate-words.ts';
import { worseVerdict } from '../quality/quality-verdict.ts';

type Headline = { readonly verdict: Verdict; readonly headline: string };

/**
 * The verdict of a report with its sentence: that of the gates, or of what stands in the way beside them, so that nothing is green above
 * something red. `open`: points set aside that nobody has accepted to be missing; null while Qdrant does not say.
 */
export function verdictOf(migration: Migration, open: number | null): Headline {
  const { gates } = migration;
  const verdict = gatesVerdict(gates);
  const beside = obstacle(migration, open);
  if (beside !== null && worseVerdict(beside.verdict, verdict) === beside.verdict) return beside;
  if (gates === null) return { verdict, headline: 'Nothing has been verified yet.' };
  return { verdict, headline: headlineOf(migration, gates) };
}

/** Fails where a gate does; passes where fidelity does, and the others do or are not measured. */
function gatesVerdict(gates: GatesSummary | null): Verdict {
  if (gates === null) return 'not-measured';
  const { fidelity, quality, shadow } = gates;
  const measured = [fidelity, quality, shadow].flatMap((gate) =>
    gate === undefined || gate.verdict === 'not-measured' ? [] : [gate.verdict],
  );
  return measured.reduce<Verdict>(worseVerdict, 'pass');
}

/** What stands in the way though no gate does. */
function obstacle(migration: Migration, open: number | null): Headline | null {
  const { id, phase, error, lateWrites, resolved } = migration;
  if (phase === 'failed') return { verdict: 'fail', headline: `Stopped: ${error?.message ?? 'the reason was lost'}` };
  if (lateWrites.length > 0)
    return {
      verdict: 'inconclusive',
      headline: `${differencesIn(lateWrites)} write(s) came late to "${resolved.source}" and are not in the new collection: ${reembed('late-writes', id)} lists them.`,
    };
  if (migration.gates === null || hasSwitched(migration) || open === 0) return null;
  const aside =
    open === null
      ? 'Qdrant does not say whether points are set aside'
      : `${open} point(s) are set aside, and nobody has accepted that they are missing (${reembed('failures', id)})`;
  return { verdict: 'inconclusive', headline: `Do not switch yet: ${aside}.` };
}

function headlineOf(migration: Migration, gates: GatesSummary): string {
  const { overrides, phase, resolved, verification } = migration;
  if (phase === 'cancelled') return 'Cancelled: nothing was switched.';
  if (phase === 'rolled-back') return `Rolled back: readers see "${resolved.source}" again.`;
  const [stands] = standingGates(migration);
  if (stands !== undefined) {
    const how = stands.verdict === 'fail' ? 'failed' : 'is inconclusive';
    return `${hasSwitched(migration) ? 'Switched' : 'Do not switch yet'}: the ${stands.gate} gate ${how}. ${stands.reasons[0] ?? ''}`.trim();
  }
  const word = overrides.findLast(({ gate }) => ['fail', 'inconclusive'].includes(gates[gate]?.verdict ?? 'pass'));
  if (word !== undefined) return overridden(word);
  const differing = differencesIn(verification?.findings ?? []);
  const target =
    differing === 0
      ? 'The target is complete'
      : `The target follows its source, which was being written to (${differing} differences when both were read)`;
  if (gates.quality.verdict !== 'pass') return `${target}; whether search got better was not measured.`;
  const enough = hasSwitched(migration) ? 'search was good enough to switch' : 'search is good enough to switch';
  return `${target}, and ${enough}. ${gates.quality.reasons[0] ?? ''}`.trim();
}

function overridden({ gate, by, reason }: Override): string {
  return `The ${gate} gate did not pass, and ${by} has decided to go on: ${reason}`;
}
