import { mean, ndcgAt } from '@reembed/core';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { curveOf, hotFirst, type RankedSet, rankSet } from '../quality/bridge-curve.ts';
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
    print('Without REEMBED_DATA and REEMBED_BENCH_OPENAI_URL there is no set with two models: two sets without texts are drawn.\n');
    return [drawSet(1), drawSet(2)];
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
  const name = (at: number) => set.documents[at] ?? '';
  const found = (side: 'old' | 'fresh') =>
    mean(set.judged.map((query) => ndcgAt(10, query[side].slice(0, 10).map(name), query.judgements)));
  const full = found('fresh');
  const bridges = [50, 100, 200, 500].filter((many) => many < everything.length);
  const ends: [string, number][] = [
    ['old vector alone', found('old')],
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
