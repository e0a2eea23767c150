/** Stored and newly made vectors of one text at or above this cosine come from one model, text and prefix (the same space gives 0.9998). */
export const sameVectorCosine = 0.98;

/** Between vectors of two models there is nothing but chance: below 0.2 from 100 dimensions on. A text that was edited since stays well above. */
const relatedCosine = 0.5;
/** By how much nearer another model has to be: both may lean towards the same few numbers. */
const nearerBy = 0.3;

/** Cosines of a stored vector with what two models make of its text now; null: that one was not asked, or could not answer. */
export type Likeness = { readonly declared: number | null; readonly other: number | null };

/**
 * Whose a stored vector is. `declared`: of the model that it should be of, though its text may have been edited since; `other`: of the other one;
 * `unlike`: of neither, so that model, or text, is one that nobody named; `unknown`: nothing was compared.
 */
export type VectorSpace = 'declared' | 'other' | 'unlike' | 'unknown';

export function spaceOf({ declared, other }: Likeness): VectorSpace {
  // The other one may be the same model under another name, as long as nobody has asked the one declared.
  if (declared === null) return 'unknown';
  if (declared >= sameVectorCosine) return 'declared';
  if (other !== null && other >= relatedCosine && other - declared >= nearerBy) return 'other';
  return declared >= relatedCosine ? 'declared' : 'unlike';
}
