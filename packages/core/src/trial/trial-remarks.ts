import type { Plan, Spec } from '@reembed/contracts';
import { modelsOfQdrant } from '../domain/recipes-of.ts';
import { listed } from '../domain/words.ts';
import type { TrialQueries } from './trial-queries.ts';

type Asked = Pick<TrialQueries, 'given' | 'queries' | 'basis'>;

/** What a person has to know of a trial beside its numbers. `spec`: the trial's own, with the vectors of every candidate. */
export function trialRemarks(spec: Pick<Spec, 'vectors'>, plans: readonly Plan[], asked: Asked): string[] {
  return [...notProven(plans), ...notAsked(asked), ...madeAgain(spec)];
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
