import type { FusionChoice, Qrel, QualityGate } from '@reembed/contracts';
import type { Calculation } from '../ports/calculations.ts';
import { compareQueries } from '../quality/compare-queries.ts';
import type { QueriesToCompare } from '../quality/quality-reasons.ts';
import { bothSides, gateDepth, type SearchAnswer, type SearchedQuery } from '../quality/searched-query.ts';
import { measureFusion } from './measure-fusion.ts';
import type { SystemProfile } from './search-systems.ts';

/** A query with what every way to ask the target found for it, in their order; `document`: what a known item was made of. */
type AskedQuery = { readonly query: SearchedQuery; readonly systems: readonly SearchAnswer[]; readonly document: string | null };

type Part = { readonly asked: AskedQuery } | { readonly qrels: readonly Qrel[] };

type Given = Omit<QueriesToCompare, 'queries' | 'knownItems' | 'systems' | 'qrels'> & {
  readonly systems: readonly SystemProfile[];
  readonly serverVersion: string;
};

/** Resampling of thousands of queries takes tens of seconds of CPU. */
export const judgeQuality: Calculation<Given, Part, { readonly gate: QualityGate; readonly fusion: FusionChoice | null }> = {
  name: 'judge-quality',
  of({ systems: profiles, serverVersion, ...criteria }, parts) {
    const asked = parts.flatMap((part) => ('asked' in part ? [part.asked] : []));
    const qrels = parts.flatMap((part) => ('qrels' in part ? part.qrels : []));
    const none: SearchAnswer = { hits: [], tookMs: 0 };
    const systems = profiles.map((system, at) => ({
      ...system,
      answers: new Map(asked.map(({ query, systems: found }) => [query.id, found[at] ?? none])),
    }));
    const gate = compareQueries({
      ...criteria,
      ...{ systems, qrels },
      queries: asked.flatMap(({ query, document }) => (document === null ? [query] : [])),
      knownItems: asked.flatMap(({ query, document }) => (document === null ? [] : [{ ...query, document }])),
    });
    const searched = asked.map(({ query }) => query);
    const documents = new Map(asked.flatMap(({ query, document }) => (document === null ? [] : [[query.id, document] as const])));
    return { gate, fusion: measureFusion({ systems, searched, qrels, documents, serverVersion }) };
  },
};

/** What was found without the texts that no report shows, which are most of it: those of the first ten documents of an exact search stay. */
export function withShownTexts({ exact, indexed, ...query }: SearchedQuery): SearchedQuery {
  return { ...query, exact: bothSides((side) => withFirstTexts(exact[side])), indexed: bothSides((side) => withoutTexts(indexed[side])) };
}

export function withoutTexts({ hits, tookMs }: SearchAnswer): SearchAnswer {
  return { tookMs, hits: hits.map((hit) => ({ ...hit, text: '' })) };
}

function withFirstTexts({ hits, tookMs }: SearchAnswer): SearchAnswer {
  const seen = new Set<string>();
  const isShown = ({ document }: SearchAnswer['hits'][number]) => seen.size < gateDepth && seen.size < seen.add(document).size;
  return { tookMs, hits: hits.map((hit) => (isShown(hit) ? hit : { ...hit, text: '' })) };
}

/** Judgements of one part. */
const qrelsAtOnce = 100;

export function partsToJudge(asked: readonly AskedQuery[], qrels: readonly Qrel[]): Part[] {
  const pieces = Array.from({ length: Math.ceil(qrels.length / qrelsAtOnce) }, (_, at) => at * qrelsAtOnce);
  return [...asked.map((one) => ({ asked: one })), ...pieces.map((from) => ({ qrels: qrels.slice(from, from + qrelsAtOnce) }))];
}
