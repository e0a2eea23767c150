import type { AdapterHeader } from '@reembed/contracts';
import { count, table } from './quantities.ts';

/** An adapter for people: what it maps, what it was learnt from, and both fits on the pairs neither has seen. */
export function renderAdapter({ kind, from, to, source, fit, normalise, createdAt, sha256 }: AdapterHeader): string[] {
  const strata = Object.entries(fit.strata).map(([value, pairs]) => `${value || '(none)'} ${count(pairs)}`);
  const judged = fit.trueNdcgAt10;
  const row = (name: 'ridge' | 'procrustes') => {
    const { overlapAt10, ndcgAt10 } = fit.scores[name];
    return [name, share(overlapAt10), ...(ndcgAt10 === null ? [] : [ndcgAt10.toFixed(3)]), name === kind ? 'kept' : ''];
  };
  return [
    ...table([
      ['from', `${from.model ?? 'a model nobody has named'}, ${from.dimensions} dimensions`],
      ['to', `${to.model}, ${to.dimensions} dimensions${normalise ? ', length 1' : ''}, of ${JSON.stringify(to.text)}`],
      ['learnt from', `${count(fit.pairs)} pairs of "${source.collection}", vector "${source.vector}", ${createdAt}, seed ${fit.seed}`],
      ...(fit.stratify === null ? [] : [['stratified', `by ${fit.stratify}: ${strata.join(', ')}`]]),
      ['sha256', sha256],
    ]),
    `On ${count(fit.heldOut)} pairs that were kept out of the fit:`,
    ...table([['fit', 'overlap@10 with true vectors', ...(judged === null ? [] : ['nDCG@10']), ''], row('ridge'), row('procrustes')]),
    ...(judged === null ? [] : [`True vectors have nDCG@10 ${judged.toFixed(3)}.`]),
    ...(fit.pairs < 5 * from.dimensions
      ? [`${count(fit.pairs)} pairs are few for ${from.dimensions} dimensions: five to ten times as many as dimensions make a better map.`]
      : []),
  ];
}

function share(value: number): string {
  return value.toFixed(2);
}
