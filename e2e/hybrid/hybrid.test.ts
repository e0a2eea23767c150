import type { Report } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { stubbed } from '../support/compare-collections.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { createSource, documentOf, type SourcePoint } from '../support/source-collection.ts';

const text = '{{title}} {{body}}';
const documents = 200;
const asked = Array.from({ length: 40 }, (_, at) => at + 1);
const queries = asked.map((n) => ({ id: `q${n}`, text: documentOf(n).body }));
const qrels = asked.map((n) => ({ query: `q${n}`, document: String(n), relevance: 1 }));

/** The stub's vectors have nothing to do with what a text says. */
async function pointsOf(): Promise<SourcePoint[]> {
  const made = stubbed(stubModel.providerName, stubModel.dimensions, ({ title, body }) => `${title} ${body}`);
  const points = Array.from({ length: documents }, async (_, at) => {
    const payload = documentOf(at + 1);
    const vector = 'make' in made ? await made.make(payload) : null;
    return { id: String(at + 1), payload: JSON.stringify(payload), vector: JSON.stringify(Array.from(vector ?? [])) };
  });
  return Promise.all(points);
}

test('dense to hybrid: the kept vector is not paid again, and the report says which part finds what', async () => {
  await using fleet = await startFleet();
  const { http, api, name } = fleet;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  await createSource(http, source, { vectors: { size: stubModel.dimensions, distance: 'Cosine' } }, await pointsOf());
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const { id } = await api.submit({
    name: alias,
    source: { collection: source, vectors: { '': { model: stubModel.name, text } } },
    target: { collection: target, alias },
    vectors: { dense: { keep: '' }, words: { bm25: { text } } },
    search: { new: { prefetch: [{ using: 'dense' }, { using: 'words' }], fusion: 'rrf' } },
    gates: { queries, qrels },
  });
  expect((await api.until(id, 'ready')).gates).toMatchObject({ fidelity: { verdict: 'pass' }, quality: { verdict: 'pass' } });
  const { body: report } = await api.request<Report>('GET', `/v1/migrations/${id}/report`);
  const [dense, words, fused] = report.gates?.quality.systems ?? [];
  expect([dense, words, fused].map((system) => system?.role)).toEqual(['part', 'part', 'whole']);
  // Every query is the words of one document: BM25 finds it first, the stub's vectors by chance.
  expect(words?.metrics?.mrr).toBe(1);
  expect(fused?.metrics?.ndcg).toBeGreaterThan(dense?.metrics?.ndcg ?? 1);
  expect(report.gates?.quality.reasons).toContainEqual(expect.stringMatching(/"dense" \+ "words", rrf finds less than "words" alone/));
  expect(report.cost.tokens).toBe(0);
});
