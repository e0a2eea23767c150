import { mean, ndcgAt } from '@reembed/core';
import { type Bench, markdownTable, type Scenario } from '../harness.ts';
import { readDataSets } from '../quality/data-set.ts';
import { embedSet } from '../quality/embed-set.ts';
import { type MappedSearches, searchBySize } from '../quality/learned-maps.ts';
import { qualityModels } from '../quality/models.ts';

/** Parts of the documents that no map has seen: the whole of them, and ever smaller collections. */
const shares = [8, 4, 2, 1];

/** What learned maps keep of the new model, by the size of the collection that is searched. */
export const maps: Scenario = {
  name: 'maps',
  summary: 'nDCG@10 of mapped documents beside old and new ones, by the size of the collection, all by one map that has seen none of them',
  async run({ print }) {
    const folder = process.env.REEMBED_DATA ?? '';
    const models = qualityModels(process.env);
    await using stack = new AsyncDisposableStack();
    for (const { embedder } of models) stack.defer(() => embedder.close());
    const [before, after] = models;
    if (folder === '' || before === undefined || after === undefined)
      return print('This wants REEMBED_DATA, a folder of data sets, and REEMBED_BENCH_OPENAI_URL, a second model: skipped');
    for (const set of await readDataSets(folder)) {
      const [old, fresh] = [await embedSet(before.embedder, set), await embedSet(after.embedder, set)];
      const half = Math.floor(set.corpus.length / 2);
      print(`${set.name}, ${before.name} → ${after.name}, maps learnt from ${half} pairs\n`);
      const rows = [];
      for (const parts of shares) rows.push(rowOf(await searchBySize(set, old, fresh, { pairs: half, parts })));
      printRows(print, rows);
    }
  },
};

function printRows(print: Bench['print'], rows: readonly (readonly string[])[]): void {
  const heads = ['documents searched', 'old', 'ridge', 'Procrustes', 'kernel', 'new', 'ridge of new', 'kernel of new', 'kept'];
  for (const line of markdownTable(heads, rows)) print(line);
  print('');
}

function rowOf({ set, found, kept, documents }: MappedSearches & { readonly documents: number }): string[] {
  const judgements = new Map(set.queries.map(({ id }) => [id, new Map<string, number>()]));
  for (const { query, document, relevance } of set.qrels) judgements.get(query)?.set(document, relevance);
  const ndcg = (name: Parameters<typeof found.get>[0]) =>
    mean(
      set.queries.map(({ id }, at) =>
        ndcgAt(10, found.get(name)?.[at]?.hits.map(({ document }) => document) ?? [], judgements.get(id) ?? new Map()),
      ),
    );
  const [fresh, ridge, kernel] = [ndcg('new'), ndcg('ridge'), ndcg('kernel')];
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return [
    String(documents),
    ...[ndcg('old'), ridge, ndcg('procrustes'), kernel, fresh].map((value) => value.toFixed(3)),
    ...[percent(ridge / fresh), percent(kernel / fresh)],
    Object.entries(kept)
      .filter(([, count]) => count > 0)
      .map(([name]) => name)
      .join(', '),
  ];
}
