import { mean, ndcgAt } from '@reembed/core';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { curveOf, dealt, hotFirst, type RankedSet, rankSet } from '../quality/bridge-curve.ts';
import { readDataSets } from '../quality/data-set.ts';
import { type DrawnSet, drawSet } from '../quality/drawn-sets.ts';
import { embedSet } from '../quality/embed-set.ts';
import { qualityModels } from '../quality/models.ts';

const candidates = 200;
/** Hits of a logged query that count as retrieved, as in copy.hotFirst. */
const hitsCounted = 10;
const shares = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 0.9, 1];

/** What applications find while a new vector is filled in, by the share of the points that have it and the order in which they get it. */
export const bridge: Scenario = {
  name: 'bridge',
  summary:
    'nDCG@10 over the bridge (old candidates, ranked by the new vector) by the share filled, most-retrieved points first against by id',
  async run({ print }) {
    for (const { set, old, fresh } of await setsFor(print)) {
      const ranked = rankSet(set, old, fresh);
      const { judged, log, documents } = ranked;
      print(`${set.name}: ${documents.length} documents; ${judged.length} queries are judged, ${log.length} others are the log\n`);
      printEnds(print, ranked);
      printSizes(print, ranked);
      printCurve(print, ranked);
    }
  },
};

/** Sets and models as `quality` has them; without two models or without sets, drawn ones. */
async function setsFor(print: Bench['print']): Promise<DrawnSet[]> {
  await using stack = new AsyncDisposableStack();
  const models = qualityModels(process.env);
  for (const { embedder } of models) stack.defer(() => embedder.close());
  const [before, after] = models;
  const folder = process.env.REEMBED_DATA ?? '';
  if (folder === '' || before === undefined || after === undefined) {
    print('Without REEMBED_DATA and REEMBED_BENCH_OPENAI_URL there is no set with two models: sets without texts are drawn.\n');
    return [drawSet(1), drawSet(2), drawSet(3, { documents: 20_000, noise: { old: 1.1, fresh: 0.5 } })];
  }
  print(`${before.name} → ${after.name}\n`);
  const sets: DrawnSet[] = [];
  for (const set of await readDataSets(folder))
    sets.push({ set, old: await embedSet(before.embedder, set), fresh: await embedSet(after.embedder, set) });
  return sets;
}

/** Before anything is filled, when all is, and what more candidates would find. */
function printEnds(print: Bench['print'], set: RankedSet): void {
  const everything = [...set.documents.keys()];
  const full = foundBy(set, 'fresh');
  const bridges = [50, 100, 200, 500].filter((many) => many < everything.length);
  const ends: [string, number][] = [
    ['old vector alone', foundBy(set, 'old')],
    ...bridges.map((many): [string, number] => [
      `bridge, ${many} candidates`,
      curveOf(set, everything, many, [1])[0]?.bridge ?? Number.NaN,
    ]),
    ['new vector alone', full],
  ];
  const rows = ends.map(([what, ndcg]) => [what, ndcg.toFixed(3), percent(ndcg / full)]);
  for (const line of markdownTable(['all filled', 'nDCG@10', 'of the new vector'], rows)) print(line);
  print('');
}

/** The same candidates in smaller collections: the set dealt into parts, all filled, over the queries of all parts. */
function printSizes(print: Bench['print'], set: RankedSet): void {
  const everything = [...set.documents.keys()];
  const rows = [8, 4, 2, 1].map((parts) => {
    const all = dealt(set, parts);
    const weighted = (of: (part: RankedSet) => number) =>
      all.reduce((sum, part) => sum + of(part) * part.judged.length, 0) / all.reduce((sum, { judged }) => sum + judged.length, 0);
    const over = (side: 'old' | 'fresh') => weighted((part) => foundBy(part, side));
    const full = over('fresh');
    const bridges = [50, 100, 200].map((many) => weighted((part) => curveOf(part, everything, many, [1])[0]?.bridge ?? Number.NaN));
    const ofFull = [over('old'), ...bridges].map((ndcg) => `${ndcg.toFixed(3)} (${percent(ndcg / full)})`);
    return [String(Math.round(set.documents.length / parts)), ...ofFull, full.toFixed(3)];
  });
  const heads = ['documents', 'old vector alone', '50 candidates', '100 candidates', '200 candidates', 'new vector alone'];
  for (const line of markdownTable(heads, rows)) print(line);
  print('');
}

function foundBy(set: RankedSet, side: 'old' | 'fresh'): number {
  const name = (at: number) => set.documents[at] ?? '';
  return mean(set.judged.map((query) => ndcgAt(10, query[side].slice(0, 10).map(name), query.judgements)));
}

function printCurve(print: Bench['print'], set: RankedSet): void {
  const count = set.documents.length;
  const orders = {
    'by id': [...set.documents.keys()],
    'hot first': hotFirst(count, set.log, hitsCounted),
    'hot first, by the judged queries': hotFirst(
      count,
      set.judged.map(({ old }) => old),
      hitsCounted,
    ),
  };
  const curves = Object.values(orders).map((order) => curveOf(set, order, candidates, shares));
  const rows = shares.map((share, at) => [
    percent(share),
    ...curves.flatMap((curve) => [curve[at]?.bridge.toFixed(3) ?? '', curve[at]?.alone.toFixed(3) ?? '']),
  ]);
  const heads = Object.keys(orders).flatMap((name) => [`${name}: bridge`, 'new alone']);
  for (const line of markdownTable(['filled', ...heads], rows)) print(line);
  print('');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
