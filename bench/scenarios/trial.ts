import { mean } from '@reembed/core';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { readDataSets } from '../quality/data-set.ts';
import { type DrawnSet, drawSet } from '../quality/drawn-sets.ts';
import { embedSet } from '../quality/embed-set.ts';
import { qualityModels } from '../quality/models.ts';
import { mostRelevant, rankWhole, type TrialOfOne, tryOnce } from '../quality/trial-bias.ts';

/** Samples of each size, drawn by other seeds. */
const trials = 5;
const shares = [0.25, 0.5];
/** Of the sample, what relevant documents may take: as in a trial, and as where a collection is large beside what is labelled. */
const relevantShares = [mostRelevant, 0.15];

/** What trials on samples say of two models, beside what the whole collection says: how far they are off, and how often the verdict is which. */
export const trial: Scenario = {
  name: 'trial',
  summary: 'what a trial on a sample finds between two models, against the whole collection',
  async run({ print }) {
    for (const [name, set] of drawnPairs()) printTrials(print, name, set);
    await realPairs((name, set) => printTrials(print, name, set));
  },
};

/** Models of equal worth, a little better and much better: the bias shows where there is no difference. */
function drawnPairs(): [string, DrawnSet][] {
  const pairs = { equal: [0.8, 0.8], better: [0.8, 0.7], 'much better': [1.1, 0.5], worse: [0.7, 0.8] } as const;
  return Object.entries(pairs).map(([name, [old, fresh]], at) => [
    `drawn, ${name}`,
    drawSet(at + 1, { documents: 5_000, noise: { old, fresh } }),
  ]);
}

/** Both ways between the models that `quality` compares, where sets and models are at hand. */
async function realPairs(each: (name: string, set: DrawnSet) => void): Promise<void> {
  const folder = process.env.REEMBED_DATA ?? '';
  await using stack = new AsyncDisposableStack();
  const models = qualityModels(process.env);
  for (const { embedder } of models) stack.defer(() => embedder.close());
  const [one, other] = models;
  if (folder === '' || one === undefined || other === undefined) return;
  for (const set of await readDataSets(folder)) {
    const [by, byOther] = [await embedSet(one.embedder, set), await embedSet(other.embedder, set)];
    each(`${set.name}, ${one.name} → ${other.name}`, { set, old: by, fresh: byOther });
    each(`${set.name}, ${other.name} → ${one.name}`, { set, old: byOther, fresh: by });
  }
}

function printTrials(print: Bench['print'], name: string, drawn: DrawnSet): void {
  const set = rankWhole(drawn);
  const kinds = shares.flatMap((share) => relevantShares.map((relevant) => ({ share, relevant })));
  const rows = kinds.map(({ share, relevant }) => {
    const most = Math.round(share * set.documents.length);
    const tried = Array.from({ length: trials }, (_, seed) => tryOnce(set, most, seed + 1, relevant));
    const over = (of: (one: TrialOfOne) => number) => mean(tried.map(of));
    const off = (of: (one: TrialOfOne) => number) => signed(over((one) => of(one) - one.full));
    const verdicts = ['worth it', 'not shown', 'worse'].map((verdict) => tried.filter((one) => one.verdict === verdict).length);
    return [
      String(most),
      `${Math.round(100 * relevant)} %`,
      signed(over(({ full }) => full)),
      ...[off(({ whole }) => whole), off(({ fair }) => fair), off(({ byChance }) => byChance)],
      verdicts.join(' / '),
    ];
  });
  print(`${name}: ${set.documents.length} documents, ${set.ranked.length} labelled queries\n`);
  const heads = [
    'points tried',
    'relevant at most',
    'whole collection',
    'in the sample',
    'without chosen',
    'by chance alone',
    'worth it / not shown / worse',
  ];
  for (const line of markdownTable(heads, rows)) print(line);
  print('');
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}
