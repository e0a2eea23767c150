import { type GateName, gateNameSchema, type Override, type OverrideWord, type Verdict } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { reembed } from '../domain/words.ts';
import { worseVerdict } from '../quality/quality-verdict.ts';

type Judged = Pick<Migration, 'id' | 'gates' | 'overrides'>;

/** A gate that stands in the way of a switch. */
export type Standing = { readonly gate: GateName; readonly verdict: Verdict; readonly reasons: readonly string[] };

/** The gates that have failed or are inconclusive, and about which nobody has given a word that still holds. */
export function standingGates({ gates, overrides }: Omit<Judged, 'id'>): Standing[] {
  if (gates === null) return [];
  return gateNameSchema.options
    .flatMap((gate) => (gates[gate] === undefined ? [] : [{ gate, ...gates[gate] }]))
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'inconclusive')
    .filter(({ gate, verdict }) => !overrides.some((word) => word.gate === gate && worseVerdict(word.verdict, verdict) === word.verdict));
}

/** The words as they are kept: those about a gate that stands in the way, each with the verdict it was given against. */
export function overridesOf(migration: Judged, words: readonly OverrideWord[], { by, at }: Pick<Override, 'by' | 'at'>): Override[] {
  return standingGates(migration).flatMap(({ gate, verdict }) => {
    const word = words.find((given) => given.gate === gate);
    return word === undefined ? [] : [{ ...word, by: word.by ?? by, verdict, at }];
  });
}

/** Throws `gate-not-passed` where the gates have not been measured, or one of them stands in the way of a switch. */
export function checkGates(migration: Judged): void {
  const { id, gates } = migration;
  if (gates === null)
    throw new ReembedError('gate-not-passed', `the gates of migration ${id} have not been measured: ${reembed('verify', id)} does it`);
  const [first] = standingGates(migration);
  if (first === undefined) return;
  throw new ReembedError('gate-not-passed', `${gateInWords(first)}. Nothing was switched. ${wayOut(id, first)}`);
}

/** `the quality gate is inconclusive: nDCG@10 …; …` */
export function gateInWords({ gate, verdict, reasons }: Standing): string {
  return `the ${gate} gate ${verdict === 'fail' ? 'has failed' : 'is inconclusive'}: ${reasons.join('; ')}`;
}

export function wayOut(id: string, { gate }: Standing): string {
  const mend =
    gate === 'shadow'
      ? `Let gateways ask both sides (REEMBED_SHADOW_SHARE, and one REDIS_URL for them and this fleet: a Redis that it started by itself they do not find) and see in ${reembed('report', id)} where they differ`
      : `Mend the cause and ${reembed('verify', id)}`;
  return (
    `${mend}, or switch all the same with a name and a reason: ` +
    reembed('switch', id, '--override', gate, '--by', 'Ada', '--reason', 'why it may')
  );
}
