import { cosine } from '../domain/vector-base64.ts';
import { witnessTexts } from './witness-texts.ts';

/**
 * How far apart a server's vectors of one text lie, as 1 less their cosine. Nobody is exact: the same request again, another machine, another
 * kind of arithmetic make a hair of difference, and some servers let the texts beside it, or what fills up the shorter ones, into a vector.
 */
export type Spread = {
  /** Between two answers to the same request. */
  readonly repeated: number;
  /** Between a text alone and the same within a batch. */
  readonly batched: number;
};

/** What any float arithmetic makes. */
const nobodysMind = 1e-5;
/** From here on texts of one batch would find each other and not the query that is asked alone. */
const leansFrom = 1e-3;
/** From here on another model cannot be told from this one. */
const noisyFrom = 5e-3;
/** How many times the spread that was seen is still the same model. */
const room = 4;

const [firstText] = witnessTexts;

/** `ask`: each call is a request of its own. `together`: the vectors of the witness texts in one request. Throws what `ask` throws. */
export async function measureSpread(
  together: readonly Float32Array[],
  ask: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
): Promise<Spread> {
  const [again, alone] = [await ask(witnessTexts), await ask([firstText])];
  return { repeated: farthest(together, again), batched: farthest(alone, together) };
}

function farthest(one: readonly Float32Array[], other: readonly Float32Array[]): number {
  return one.reduce((most, vector, at) => Math.max(most, 1 - cosine(vector, other[at] ?? new Float32Array())), 0);
}

/** The spread as one number; 0: none that matters. */
export function widest({ repeated, batched }: Spread): number {
  const most = Math.max(repeated, batched);
  return most < nobodysMind ? 0 : most;
}

/** The least cosine of two vectors of one text by one model, which is `wanted` where the server is as exact as most are. */
export function leastCosine(wanted: number, spread = 0): number {
  return Number((1 - Math.max(1 - wanted, room * spread)).toFixed(6));
}

/** Why nothing should be embedded with it, in words; null: it may be. */
export function spreadFault({ repeated, batched }: Spread): string | null {
  if (batched > leansFrom && batched > room * repeated)
    return `gives a text another vector within a batch than alone (cosine ${inWords(batched)}), so that queries would not find their documents: set limits: { maxInputs: 1 } in its entry of reembed.config.yaml, or mend the server`;
  if (Math.max(repeated, batched) > noisyFrom)
    return `gives the same texts other vectors each time (cosine ${inWords(repeated)}), so that another model could not be told from it: look which servers, and which versions of the model, stand behind its address`;
  return null;
}

function inWords(spread: number): string {
  return (1 - spread).toFixed(4);
}

/** What a person should know of a server that is less exact than most; null: nothing. */
export function spreadReminder(model: string, spread: Spread): string | null {
  const seen = widest(spread);
  if (leastCosine(0.9999, seen) >= 0.9999) return null;
  return `${model} gives the same text vectors with a cosine of ${(1 - seen).toFixed(5)}: its checks go by that, and take ${leastCosine(0.9999, seen)} for the same model.`;
}
