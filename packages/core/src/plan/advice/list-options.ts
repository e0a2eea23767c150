import type { AdviceOption } from '@reembed/contracts';
import { isAtLeast } from '../../domain/server-version.ts';
import { embedRoads } from './embed-roads.ts';
import { projectRoad } from './project-road.ts';
import type { Kind, OptionFacts } from './road.ts';
import { copyRoad, hybridRoad, keepRoad, queryModelRoad, requantizeRoad, truncateRoad } from './stored-roads.ts';

/** The roads that this spec and its near neighbours could take, the recommended first. */
export function listOptions(facts: OptionFacts): AdviceOption[] {
  const recommended = recommend(facts);
  const embeddable = facts.embeds.length > 0;
  const roads = [
    ...(facts.decisions.every(({ row }) => row === 1) ? [keepRoad(facts)] : []),
    ...(embeddable ? [queryModelRoad(facts), ...embedRoads(facts)] : []),
    ...(embeddable || facts.chosen.has('project') ? [projectRoad(facts)] : []),
    ...(facts.decisions.some(({ row }) => row === 12) || facts.chosen.has('copy') ? [copyRoad(facts)] : []),
    truncateRoad(facts),
    hybridRoad(facts),
    requantizeRoad(facts),
  ];
  const rank = ({ recommended: first, chosen, possible }: AdviceOption) => (first ? 0 : chosen ? 1 : possible ? 2 : 3);
  return roads
    .map((road) => ({ ...road, recommended: road.kind === recommended, chosen: facts.chosen.has(road.kind) }))
    .toSorted((a, b) => rank(a) - rank(b));
}

const byRow: Readonly<Record<number, Kind | null>> = {
  1: 'keep',
  2: 'truncate',
  4: 'query-model',
  7: 'project',
  9: null,
  10: 'hybrid',
  12: 'copy',
};

/** What the hardest change asks for. Between the three ways to embed anew the spec's word counts, where the server can do it. */
function recommend({ decisions, chosen, cutSizes, serverVersion, requantizes }: OptionFacts): Kind | null {
  const hardest = decisions.find(({ reembed }) => reembed) ?? decisions.find(({ row }) => row !== 1) ?? decisions[0];
  if (hardest === undefined) return null;
  const kind = byRow[hardest.row];
  if (kind === 'keep' && requantizes) return 'requantize';
  if (kind === 'truncate' && cutSizes.length === 0) return null;
  if (kind !== undefined) return kind;
  if (chosen.has('in-place') && isAtLeast(serverVersion, 18)) return 'in-place';
  return chosen.has('side-by-side') ? 'side-by-side' : 'new-collection';
}
