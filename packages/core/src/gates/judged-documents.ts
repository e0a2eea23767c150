import type { Qrel } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { parsePointId } from '../domain/point.ts';
import { retrieveAll } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

const shownDocuments = 3;

/** The judgements that count, and what is to be said of the others. */
export type CountedQrels = { readonly qrels: readonly Qrel[]; readonly says: readonly string[] };

/**
 * Leaves out the judgements of queries of which no relevant document is in the source: neither side could find one, and a difference of nothing
 * from each of them would water down any loss of the others. Only looked at where documents are point ids: a payload field would have to be
 * searched through.
 */
export async function countedQrels(
  { points }: Pick<CoordinatorDeps, 'points'>,
  { spec, resolved }: Pick<Migration, 'spec' | 'resolved'>,
  signal: AbortSignal,
): Promise<CountedQrels> {
  const { qrels: given, documentField } = spec.gates;
  if (documentField !== null || given.length === 0) return { qrels: given, says: [] };
  const qrels = given.map(byPointId);
  const relevant = qrels.filter(({ relevance }) => relevance > 0);
  const documents = [...new Set(relevant.map(({ document }) => document))];
  const ids = documents.flatMap((document) => parsePointId(document) ?? []);
  const found = await retrieveAll(points, resolved.source, { ids, payload: false, vectors: [], signal });
  const there = new Set(found.map(({ id }) => id.id));
  const findable = new Set(relevant.filter(({ document }) => there.has(document)).map(({ query }) => query));
  const lost = new Set(relevant.map(({ query }) => query)).difference(findable);
  if (lost.size === 0) return { qrels, says: [] };
  const absent = documents.filter((document) => !there.has(document));
  const names = absent
    .slice(0, shownDocuments)
    .map((document) => JSON.stringify(document))
    .join(', ');
  return {
    // Where none is there, all stay: labels that say nothing are not the same as none, and the gate is inconclusive.
    qrels: findable.size === 0 ? qrels : qrels.filter(({ query }) => findable.has(query)),
    says: [
      `of ${lost.size} labelled queries no relevant document is in "${resolved.source}" (${names}${absent.length > shownDocuments ? ', …' : ''}), and they do not count: gates.qrels may mean another field than the point's id, see gates.documentField`,
    ],
  };
}

/** A judgement of a point, as its id is written by the server: a UUID may stand there in capitals or without dashes. */
export function byPointId(qrel: Qrel): Qrel {
  return { ...qrel, document: parsePointId(qrel.document)?.id ?? qrel.document };
}
