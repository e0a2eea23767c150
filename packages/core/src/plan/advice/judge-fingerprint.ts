import type { Fingerprint } from '@reembed/contracts';
import { sameVectorCosine } from '../../domain/vector-spaces.ts';

/** Nothing but rounding lies between: no other way can explain them better. */
export const exactCosine = 0.9995;

/** How the texts of an attempt were made: as declared, with the words meant for queries, with none, or from another field. */
export type Attempt = {
  readonly how: 'declared' | 'query-prefix' | 'no-prefix' | 'other-text';
  /** The template of the texts. */
  readonly text: string;
  /** Of each sampled text with its stored vector. */
  readonly cosines: readonly number[];
};

export type Declared = { readonly vector: string; readonly model: string; readonly text: string; readonly dimensions: number };

/** Whether the attempt as a whole gives the stored vectors: some texts may have been edited since. */
export function agrees({ cosines }: Attempt): boolean {
  return cosines.length > 0 && median(cosines) >= sameVectorCosine;
}

/** Whether there is nothing left to explain. */
export function isExact({ cosines }: Attempt): boolean {
  return cosines.length > 0 && median(cosines) >= exactCosine;
}

/** A prefix changes a long text's vector little, sometimes by less than `sameVectorCosine` tells: then the way that comes much nearer is the one. */
function explainsBetter(found: Attempt, declared: Attempt): boolean {
  return agrees(found) && 1 - median(found.cosines) < (1 - median(declared.cosines)) / 4;
}

/** What the attempts say; the first is the declared one, the others were made because it is not exact. */
export function judgeFingerprint({ vector, model, text, dimensions }: Declared, attempts: readonly [Attempt, ...Attempt[]]): Fingerprint {
  const [declared, ...others] = attempts;
  const found = others.filter((other) => explainsBetter(other, declared)).toSorted((a, b) => median(b.cosines) - median(a.cosines))[0];
  const below = declared.cosines.filter((value) => value < sameVectorCosine).length;
  const verdict = agrees(declared) && found === undefined ? 'confirmed' : 'refuted';
  const middle = median(declared.cosines);
  const says =
    verdict === 'confirmed'
      ? confirmed(model, text, declared.cosines.length, below)
      : found === undefined
        ? `is not what ${model} makes of ${JSON.stringify(text)}: median cosine ${middle.toFixed(3)}, and neither another prefix nor another field explains it. ${equalDimensions(dimensions)}`
        : `${mismatch(found, model)} (cosine ${median(found.cosines).toFixed(3)}; as declared only ${middle.toFixed(3)}).`;
  const explainedBy = found === undefined || found.how === 'declared' ? null : found.how;
  return { vector, model, verdict, explainedBy, sampledTexts: declared.cosines.length, medianCosine: middle, below, says };
}

function confirmed(model: string, text: string, sampled: number, below: number): string {
  const is = `is what ${model} makes of ${JSON.stringify(text)}`;
  return below === 0
    ? `${is}: all of ${sampled} sampled texts agree.`
    : `${is}, but ${below} of ${sampled} sampled texts do not agree: they were edited since, or vectors of another model are mixed in.`;
}

function equalDimensions(dimensions: number): string {
  return `That both have ${dimensions} dimensions does not make them one: equal dimensions are not the same model. Mend source.vectors.`;
}

function mismatch({ how, text }: Attempt, model: string): string {
  if (how === 'other-text')
    return `is of ${model}, but made of ${JSON.stringify(text)}: the template differs; mend source.vectors if it was declared wrongly`;
  const prefix = how === 'query-prefix' ? 'with the prefix meant for queries' : 'without the prefix that documents want';
  return `is of ${model}, but made ${prefix}: the prefix differs, so documents embedded rightly do not belong beside these`;
}

/** The lower of the two in the middle. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
