import { isAtLeast } from '../../domain/server-version.ts';
import { embedding, needsTexts, type OptionFacts, type Road, road } from './road.ts';

/** The roads on which every text goes through the new model; they differ in where its vectors come to stand. */
export function embedRoads(facts: OptionFacts): Road[] {
  return [newCollectionRoad(facts), sideBySideRoad(facts), inPlaceRoad(facts)];
}

function newCollectionRoad(facts: OptionFacts): Road {
  const risks = [
    'Until `complete`, disk and memory hold both collections.',
    'The query model has to change in the moment the alias moves.',
  ];
  return road('new-collection', 'embed into a new collection, then move the alias', {
    ...embedding(facts, 'both'),
    why: needsTexts(facts) ?? 'one switch, one rollback, and the old collection stays whole until you say otherwise',
    possible: needsTexts(facts) === null,
    risks,
  });
}

function sideBySideRoad(facts: OptionFacts): Road {
  const risks = [
    'The new collection holds old and new vectors, beside the old collection, until `complete`.',
    'Writes have to bring the new vector along in the end; until then it is filled in.',
  ];
  return road('side-by-side', 'old and new vector side by side, in two steps', {
    ...embedding(facts, 'side'),
    why: needsTexts(facts) ?? 'the alias moves first and queries go on as they are; then applications change `using`, one by one',
    possible: needsTexts(facts) === null,
    risks,
  });
}

function inPlaceRoad(facts: OptionFacts): Road {
  const able = isAtLeast(facts.serverVersion, 18);
  const why = able
    ? (needsTexts(facts) ?? 'nothing is copied: the collection gets a second vector, and applications change `using`')
    : `Qdrant ${facts.serverVersion} cannot add a vector to a collection that exists; 1.18 and later can. A new collection is needed`;
  const risks = [
    'It writes to the collection that is searched: pace it.',
    'A text edited after its vector was made keeps the old vector unless the application writes both.',
  ];
  return road('in-place', 'add the new vector to the collection itself', {
    ...embedding(facts, 'in-place'),
    why,
    possible: able && needsTexts(facts) === null,
    risks,
  });
}
