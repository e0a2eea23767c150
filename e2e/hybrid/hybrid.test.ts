import type { Report, SpecInput } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { stubbed } from '../support/compare-collections.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { createSource, documentOf, type SourcePoint } from '../support/source-collection.ts';

const text = '{{title}} {{body}}';
const documents = 200;
const asked = Array.from({ length: 60 }, (_, at) => at + 1);
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

type Road = { readonly encoder: 'local' | 'server'; readonly fusion: 'rrf' | 'dbsf' };

test('dense to hybrid, encoded here or by the server, fused either way: the kept vector is not paid again, and the report and a comparison say which part finds what', async () => {
  await using fleet = await startFleet();
  const { http, api, name } = fleet;
  const source = name('source');
  await createSource(http, source, { vectors: { size: stubModel.dimensions, distance: 'Cosine' } }, await pointsOf());
  const migrate = async ({ encoder, fusion }: Road) => {
    const spec: SpecInput = {
      name: fusion,
      source: { collection: source, vectors: { '': { model: stubModel.name, text } } },
      target: { collection: name('target') },
      vectors: { dense: { keep: '' }, words: { bm25: { text, encoder } } },
      search: { new: { prefetch: [{ using: 'dense' }, { using: 'words' }], fusion } },
      gates: { queries, qrels },
    };
    const { id } = await api.submit(spec);
    expect((await api.until(id, 'ready')).gates).toMatchObject({ fidelity: { verdict: 'pass' }, quality: { verdict: 'pass' } });
    const { body: report } = await api.request<Report>('GET', `/v1/migrations/${id}/report`);
    const [dense, words, fused] = report.gates?.quality.systems ?? [];
    expect([dense, words, fused].map((system) => system?.role)).toEqual(['part', 'part', 'whole']);
    // Every query is the words of one document: BM25 finds it first, the stub's vectors by chance.
    expect(words?.metrics?.mrr).toBe(1);
    expect(fused).toMatchObject({ name: expect.stringContaining(fusion) });
    expect(fused?.metrics?.ndcg).toBeGreaterThan(dense?.metrics?.ndcg ?? 1);
    const less = `"dense" + "words", ${fusion} finds less than "words" alone`;
    const reasons = report.gates?.quality.reasons.join('\n') ?? '';
    // Ranks say nothing of how sure a list is, scores do: only rrf lets chance in.
    expect(reasons.includes(less)).toBe(fusion === 'rrf');
    expect(report.cost.tokens).toBe(0);
    const { body: compared } = await api.request<{ queries: { new: { id: { id: string } }[] }[] }>('POST', `/v1/migrations/${id}/compare`, {
      queries: [documentOf(7).body],
      limit: 3,
    });
    expect(compared.queries[0]?.new.map((hit) => hit.id.id)).toContain('7');
  };
  await Promise.all([migrate({ encoder: 'local', fusion: 'rrf' }), migrate({ encoder: 'server', fusion: 'dbsf' })]);
});
