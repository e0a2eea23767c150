import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from './make-plan.ts';

const address = (n: number) => `https://img.example/p/${n}.jpg?w=64`;
const inline = `data:image/png;base64,${'iVBORw0KGgo'.repeat(50)}`;

/** What the plan of embedding these texts with this model says of images. */
async function plan(...given: Parameters<typeof planOf>) {
  const { blockers, reminders } = await planOf(...given);
  return { blockers, said: reminders.filter((reminder) => reminder.includes('Images are not supported')) };
}

async function planOf(model: string, texts: readonly string[], change: Partial<SpecInput> = {}) {
  const stores = createFakeStores();
  await stores.collections.create('shop_v1', { vectors: { size: 4, distance: 'Cosine' } });
  const vectors = { '': '[1.0,0.0,0.0,0.0]' };
  stores.put(
    'shop_v1',
    texts.map((body, n) => ({
      id: { kind: 'integer', id: String(n + 1) },
      payload: JSON.stringify({ body, caption: 'a red shoe' }),
      vectors,
    })),
  );
  const spec = specSchema.parse({
    ...{ name: 'shop', source: { collection: 'shop_v1' }, target: { collection: 'shop_v2' } },
    vectors: { '': { embed: { model, text: '{{body}}' } } },
    ...change,
  });
  const catalogue = createFakeCatalogue([createFakeEmbedder({ model })]);
  const deps = { ...stores, catalogue, learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() };
  return (await makePlan(deps, spec)).plan;
}

const words = ['a red shoe', 'see https://img.example/p/1.jpg for it', 'blue, size 40'];
const wayOut = /Images are not supported.*outside.*`keep`.*captions/;

describe('images', () => {
  it('that the old model embeds and the new one does not are said to be lost, unless the old vector is kept', async () => {
    const source = { collection: 'shop_v1', vectors: { '': { model: 'openai/clip-vit-base-patch32', text: '{{body}}' } } };
    const lost = /clip-vit-base-patch32.*searches for images, and by images, find nothing/;
    expect((await planOf('fake/text', words, { source })).reminders).toContainEqual(expect.stringMatching(lost));
    const vectors = { '': { keep: '' }, text: { embed: { model: 'fake/text', text: '{{body}}' } } };
    expect((await planOf('fake/text', words, { source, vectors })).reminders.join()).not.toMatch(lost);
  });

  it.each([
    'nomic-ai/nomic-embed-vision-v1.5',
    'Qdrant/clip-ViT-B-32-vision',
    'Qdrant/Unicom-ViT-B-32',
    'x/resnet50-onnx',
    'facebook/dinov2-base',
  ])('are all that %s embeds, so it is refused', async (model) => {
    const { blockers } = await plan(model, words);
    expect(blockers).toMatchObject([{ field: 'vectors."".embed.model', value: model, message: expect.stringMatching(wayOut) }]);
  });

  it.each([
    'openai/clip-vit-base-patch32',
    'openrouter/CLIP',
    'jinaai/jina-clip-v2',
    'google/siglip2-base-patch16-224',
    'google/siglip-so400m',
    'voyage/voyage-multimodal-3.5',
    'nomic-ai/nomic-embed-multimodal-7b',
    'amazon/titan-embed-image-v1',
  ])('are named where %s is used for texts, which goes on', async (model) => {
    const { blockers, said } = await plan(model, words);
    expect(blockers).toEqual([]);
    expect(said).toEqual([expect.stringMatching(wayOut)]);
    expect(said[0]).toContain(model);
  });

  it.each([
    'fake/4',
    'Qdrant/clip-ViT-B-32-text',
    'cohere/embed-v4.0',
    'acme/eclipse-embed',
    'acme/television-news',
    'acme/clipping-archive',
  ])('are no matter of %s, given texts', async (model) => {
    expect(await plan(model, words)).toEqual({ blockers: [], said: [] });
  });

  it.each([
    ['addresses of images', [address(1), address(2), 'a red shoe'], '2 of 3'],
    ['images themselves', [inline, inline], '2 of 2'],
    ['a bucket', ['s3://shop/1.WEBP'], '1 of 1'],
  ])('that stand for the texts are refused, whatever the model: %s', async (_, texts, count) => {
    const { blockers } = await plan('fake/4', texts);
    expect(blockers).toMatchObject([{ field: 'vectors."".embed.text', value: '{{body}}', message: expect.stringMatching(wayOut) }]);
    expect(blockers[0]?.message).toContain(`${count} sampled texts`);
  });

  it('among texts are named, with the filter that leaves them out', async () => {
    const { blockers, said } = await plan('fake/4', [...words, address(1)]);
    expect(blockers).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/^1 of 4 sampled texts.*source\.filter/)]);
  });

  it('keep the vectors that were made outside, and their captions can be embedded', async () => {
    const vectors = { '': { keep: '' }, captions: { embed: { model: 'fake/4', text: '{{caption}}' } } };
    expect(await plan('fake/4', [address(1), address(2)], { vectors })).toEqual({ blockers: [], said: [] });
  });

  it('are looked for in place, too', async () => {
    const change = {
      target: { collection: 'shop_v1', inPlace: true },
      vectors: { new: { embed: { model: 'jinaai/jina-clip-v2', text: '{{body}}' } } },
    };
    expect((await plan('jinaai/jina-clip-v2', words, change)).said).toHaveLength(1);
  });
});
