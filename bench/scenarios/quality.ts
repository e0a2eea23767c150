import type { MetricRow, QualityGate } from '@reembed/contracts';
import { compareQueries, type SameSpaceChange, type SearchAnswer } from '@reembed/core';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { type DataSet, readDataSets } from '../quality/data-set.ts';
import { type EmbeddedSet, embedSet } from '../quality/embed-set.ts';
import { type MappedSearches, mostPairs, searchMapped } from '../quality/learned-maps.ts';
import { qualityModels } from '../quality/models.ts';
import { rankByVectors, searchedBy } from '../quality/rank.ts';
import { rankInQdrant } from '../quality/rank-in-qdrant.ts';

/** What each system finds on a set, by the system's name. */
type Rankings = ReadonlyMap<string, readonly SearchAnswer[]>;

/** How well each model searches judged sets, and what the quality gate says of every change from one to another. */
export const quality: Scenario = {
  name: 'quality',
  summary:
    'nDCG@10, recall@10 and MRR@10 of the local model, a served one, BM25, hybrids and learned maps, and the verdicts of the quality gate',
  async run(bench) {
    const { print } = bench;
    const folder = process.env.REEMBED_DATA ?? '';
    if (folder === '')
      return print('REEMBED_DATA names no folder of data sets (each with corpus.jsonl, queries.jsonl, qrels.tsv): skipped');
    await using stack = new AsyncDisposableStack();
    const models = qualityModels(process.env);
    for (const { embedder } of models) stack.defer(() => embedder.close());
    for (const set of await readDataSets(folder)) {
      const rankings = new Map<string, readonly SearchAnswer[]>();
      const embedded: Record<string, EmbeddedSet> = {};
      for (const { name, embedder } of models) embedded[name] = await embedSet(embedder, set);
      for (const [name, vectors] of Object.entries(embedded)) rankings.set(name, rankByVectors(set, vectors));
      for (const [name, answers] of await rankInQdrant(bench, set, embedded)) rankings.set(name, answers);
      printSet(print, set, rankings);
      await printMaps(print, set, embedded);
    }
  },
};

function printSet(print: Bench['print'], set: DataSet, rankings: Rankings): void {
  print(`${set.name}: ${set.corpus.length} documents, ${set.queries.length} queries\n`);
  const systems = [...rankings.keys()];
  const metrics = systems.map((name) => [name, ...exactRows(gateOf(set, rankings, name, name)).map((row) => row.new.toFixed(3))]);
  for (const line of markdownTable(['system', 'nDCG@10', 'recall@10', 'MRR@10'], metrics)) print(line);
  const changes = systems.flatMap((old) => systems.filter((name) => name !== old).map((name) => changeRow(set, rankings, old, name)));
  print('');
  for (const line of markdownTable(
    ['old → new', 'nDCG@10 difference', '95 % interval', 'verdict', 'overlap@10', 'as the same space'],
    changes,
  )) {
    print(line);
  }
  print('');
}

/** Pairs that a map is learnt from; and all that there are. */
const samples = [500, 1_000, Number.POSITIVE_INFINITY];

/** nDCG@10 in documents that were mapped from each model's space into each other's, beside staying and embedding anew. */
async function printMaps(print: Bench['print'], set: DataSet, embedded: Readonly<Record<string, EmbeddedSet>>): Promise<void> {
  const pairs = Object.entries(embedded).flatMap((old) =>
    Object.entries(embedded).flatMap((fresh) => (old[0] === fresh[0] ? [] : [[old, fresh] as const])),
  );
  const rows: string[][] = [];
  for (const [[old, from], [fresh, to]] of pairs) {
    for (const sample of samplesOf(set))
      rows.push([`${old} → ${fresh}`, String(sample), ...mapRow(await searchMapped(set, from, to, sample))]);
  }
  const asked = [
    'old',
    'ridge',
    'Procrustes',
    'kernel',
    'new',
    'kept - old (95 % interval)',
    'kept, asked by the old model',
    'said to do harm',
    'overlap@10 with new',
  ];
  for (const line of markdownTable(['map', 'pairs', ...asked], rows)) print(line);
  print('');
}

function mapRow({ set, found, kept: chosen, harmful }: MappedSearches): string[] {
  const ndcg = (name: string) => (exactRows(gateOf(set, found, name, name))[0]?.new ?? Number.NaN).toFixed(3);
  const gain = exactRows(gateOf(set, found, 'old', 'kept'))[0];
  const kept = (share: number) => (share === 0 ? '' : share === 5 ? ', kept' : `, kept ${share} of 5`);
  return [
    ndcg('old'),
    ...(['ridge', 'procrustes', 'kernel'] as const).map((fit) => ndcg(fit) + kept(chosen[fit])),
    ndcg('new'),
    `${signed(gain?.difference)} (${signed(gain?.lower)} to ${signed(gain?.upper)})`,
    ndcg('asked by the old model'),
    `${harmful} of 5`,
    (gateOf(set, found, 'new', 'kept').overlap ?? 0).toFixed(3),
  ];
}

function samplesOf(set: DataSet): number[] {
  const most = mostPairs(set);
  return samples.filter((sample) => sample < most || !Number.isFinite(sample)).map((sample) => Math.min(sample, most));
}

function changeRow(set: DataSet, rankings: Rankings, old: string, fresh: string): string[] {
  const gate = gateOf(set, rankings, old, fresh);
  const unlabelled = gateOf({ ...set, qrels: [] }, rankings, old, fresh, 'copy');
  const [ndcg] = exactRows(gate);
  const interval = `${signed(ndcg?.lower)} to ${signed(ndcg?.upper)}`;
  return [`${old} → ${fresh}`, signed(ndcg?.difference), interval, gate.verdict, (gate.overlap ?? 0).toFixed(3), unlabelled.verdict];
}

/** Scores of a bench have no kind that anything asks for. */
const scoreKinds = { old: '', new: '' };

function gateOf(set: DataSet, rankings: Rankings, old: string, fresh: string, sameSpace: SameSpaceChange | null = null): QualityGate {
  const queries = searchedBy(set.queries, rankings.get(old) ?? [], rankings.get(fresh) ?? []);
  return compareQueries({ queries, knownItems: [], systems: [], qrels: set.qrels, minNdcgDelta: -0.02, slices: [], scoreKinds, sameSpace });
}

function exactRows({ metrics }: QualityGate): MetricRow[] {
  return metrics.filter(({ mode }) => mode === 'exact');
}

function signed(value = Number.NaN): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
}
