import type { FusionChoice, Qrel } from '@reembed/contracts';
import { isAtLeast } from '../domain/collection-info.ts';
import { type CandidateList, chooseFusion } from '../quality/choose-fusion.ts';
import { judgedQueries } from '../quality/judged-queries.ts';
import type { SearchedQuery } from '../quality/searched-query.ts';
import type { SystemProfile } from './search-systems.ts';

type Measured = {
  readonly systems: readonly (SystemProfile & CandidateList)[];
  readonly searched: readonly SearchedQuery[];
  readonly qrels: readonly Qrel[];
  /** Of the known items by the ids of their queries: the document that each was made of. */
  readonly documents: ReadonlyMap<string, string>;
  readonly serverVersion: string;
};

/** The first version that knows weights, as 1.N. */
const weighsSince = 17;

/** Which way to fuse the target's lists finds most: by labelled queries, or, where there are none, by known items. Null where nothing is fused. */
export function measureFusion({ systems, searched, qrels, documents, serverVersion }: Measured): FusionChoice | null {
  const whole = systems.find(({ role }) => role === 'whole')?.profile;
  const asked = systems.find((system) => system.asked)?.profile;
  if (whole === undefined || whole.fusion === null || asked === undefined) return null;
  const labelled = judgedQueries(searched, qrels);
  const own = [...documents].map(([query, document]) => ({ query, document, relevance: 1 }));
  const known = labelled.length === 0;
  return chooseFusion({
    basis: known ? 'known-items' : 'labels',
    lists: systems.filter(({ role }) => role === 'part'),
    fused: whole,
    asked,
    canWeigh: isAtLeast(serverVersion, weighsSince),
    judged: known ? judgedQueries(searched, own) : labelled,
  });
}
