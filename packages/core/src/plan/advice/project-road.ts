import { embedding, needsTexts, type OptionFacts, type Road, road, sumOf } from './road.ts';
import { copyTime } from './time-range.ts';

/** Pairs a map is learnt from: ten a dimension, twenty thousand at most. */
const pairsPerDimension = 10;
const mostPairs = 20_000;

/** A sample goes through the new model, and every vector through the map that is learnt from it. */
export function projectRoad(facts: OptionFacts): Road {
  const dimensions = facts.changes.find(({ recipe, old }) => recipe === 'embed' && old !== null)?.old?.dimensions ?? null;
  const pairs = Math.min(facts.points, mostPairs, pairsPerDimension * (dimensions ?? 0));
  const share = facts.points === 0 ? 0 : pairs / facts.points;
  const made = embedding(facts, 'both');
  const priced = { sync: scaled(made.priceUsd.sync, share), batch: scaled(made.priceUsd.batch, share) };
  const why =
    dimensions === null
      ? 'there is no old vector to map from'
      : `a map learnt from ${pairs.toLocaleString('en-US')} pairs; it adds no information (measured: 73 to 96 % of the quality of embedding anew), so it is a bridge for collections past 50 to 100 million points`;
  const risks = [
    'Mapped and true vectors must never share a field.',
    'Queries need the same map, or the new model as it was fitted.',
    'Judge it by retrieval on your own queries, never by cosine.',
  ];
  const time = copyTime(facts.points, sumOf(facts.newVectors));
  return road('project', 'a learned map as a bridge', {
    ...made,
    tokens: Math.round(made.tokens * share),
    priceUsd: priced,
    time,
    why,
    risks,
    possible: dimensions !== null && needsTexts(facts) === null,
  });
}

function scaled(price: number | null, share: number): number | null {
  return price === null ? null : price * share;
}
