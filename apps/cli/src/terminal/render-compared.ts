import type { CompareReply } from '@reembed/contracts';
import { shortened, table } from './format.ts';

type Compared = CompareReply['queries'][number];
type Hits = Compared['old'];

/** Both result lists of a query, the new one first: how far each result has moved, and its text in one line. */
export function renderCompared({ query, old, new: fresh }: Compared): string {
  const stay = fresh.filter(({ id }) => placeOf(id, old) !== null).length;
  return [
    `${JSON.stringify(query)}: ${stay} of ${fresh.length} results of the new collection are in the old list, too`,
    ...table([['  new', 'id', 'score', 'in old', 'text'], ...rows(fresh, old)]),
    ...table([['  old', 'id', 'score', 'in new', 'text'], ...rows(old, fresh)]),
  ].join('\n');
}

function rows(hits: Hits, other: Hits): string[][] {
  return hits.map(({ id, score, text }, at) => [`  ${at + 1}`, id.id, score.toFixed(4), placeOf(id, other) ?? '-', shortened(text, 60)]);
}

/** Where a list has it, from 1 on; null where it has not. */
function placeOf(id: Hits[number]['id'], hits: Hits): string | null {
  const at = hits.findIndex((hit) => hit.id.kind === id.kind && hit.id.id === id.id);
  return at === -1 ? null : `${at + 1}`;
}
