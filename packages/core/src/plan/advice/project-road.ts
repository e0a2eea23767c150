import { samplePairs } from '../two-roads.ts';
import { embedding, needsTexts, type OptionFacts, type Road, road, sumOf } from './road.ts';
import { copyTime } from './time-range.ts';

/** A sample goes through the new model, and every vector through the map that is learnt from it. */
export function projectRoad(facts: OptionFacts): Road {
  const mappable = facts.changes.some(({ recipe, old }) => (recipe === 'embed' || recipe === 'project') && old !== null);
  const pairs = Math.min(facts.points, samplePairs);
  const share = facts.points === 0 ? 0 : pairs / facts.points;
  const made = embedding(facts, 'both');
  const priced = { sync: scaled(made.priceUsd.sync, share), batch: scaled(made.priceUsd.batch, share) };
  const why = !mappable
    ? 'there is no old vector to map from'
    : `a map learnt from ${pairs.toLocaleString('en-US')} pairs; it adds no information (measured: 73 to 96 % of the quality of embedding anew), so it is a bridge for collections past 50 to 100 million points`;
  const risks = [
    'Mapped and true vectors must never share a field.',
    'Queries of the new model search it as they are; those of the old model need the same map.',
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
    possible: mappable && (needsTexts(facts) === null || facts.chosen.has('project')),
  });
}

function scaled(price: number | null, share: number): number | null {
  return price === null ? null : price * share;
}
