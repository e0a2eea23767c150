import type { Plan, Spec } from '@reembed/contracts';
import { count } from '../domain/amounts.ts';
import { modelsOfQdrant } from '../domain/recipes-of.ts';
import { listed } from '../domain/words.ts';
import type { TrialQueries } from './trial-queries.ts';

type Asked = Pick<TrialQueries, 'given' | 'queries' | 'basis'>;

type Tried = {
  /** The trial's own, with the vectors of every candidate. */
  readonly spec: Pick<Spec, 'vectors'>;
  readonly plans: readonly Plan[];
  readonly asked: Asked;
  /** How many points were sampled, those that are relevant for a query, and those that the source has. */
  readonly sample: { readonly points: number; readonly relevant: number; readonly ofPoints: number };
};

/** What a person has to know of a trial beside its numbers. */
export function trialRemarks({ spec, plans, asked, sample }: Tried): string[] {
  return [...notProven(plans), ...notAsked(asked), ...dense(sample), ...madeAgain(spec)];
}

/** From this share on, what is relevant leaves little room for what is hard to tell from it. */
const muchRelevant = 0.25;

function dense({ points, relevant, ofPoints }: Tried['sample']): string[] {
  if (points === ofPoints || relevant < points * muchRelevant) return [];
  return [
    `${count(relevant)} of the ${count(points)} sampled points are relevant for some query, far more than in the whole collection: among so few others both models find more than they will, and how large a difference is can be read from no such sample, only which way it goes. More --points make room for others.`,
  ];
}

function notProven([first]: readonly Plan[]): string[] {
  return (first?.advice?.fingerprints ?? []).flatMap(({ vector, verdict, says }) =>
    verdict === 'not-made' ? [`That the old vector "${vector}" is of the declared model is not proven: it ${says}`] : [],
  );
}

function notAsked({ given, queries, basis }: Asked): string[] {
  if (basis !== 'labels' || queries.length === given) return [];
  return [
    `${given - queries.length} of ${given} queries were not asked: without a relevant document in the source, or past what the sample holds (more --points, more queries).`,
  ];
}

/** Qdrant makes a vector while a point is written and tells nobody which model it was: nothing shows that tomorrow's is the same. */
function madeAgain(spec: Pick<Spec, 'vectors'>): string[] {
  const models = modelsOfQdrant(spec);
  if (models.length === 0) return [];
  return [
    `${listed(models)}: made by Qdrant's own inference, whose price is not counted in what was spent. Nothing shows whether its model is still the same, so its vectors are not kept: this trial again and the migration have them made, and billed, again.`,
  ];
}
