import type { SpecInput } from '@reembed/contracts';
import { fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { makePlan } from '../plan/make-plan.ts';
import { textHash } from '../recipes/target-payload.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

const url = 'http://texts.example/by-id';
const template = '{{title}} {{text}}';
const doc = (n: number, title = `title ${n}`): PointText => ({
  id: { kind: 'integer', id: String(n) },
  payload: JSON.stringify({ title }),
  vectors: { '': '[1.0,0.0]' },
});
const points = Array.from({ length: 7 }, (_, n) => doc(n + 1));
const texts = Object.fromEntries(points.map(({ id }) => [id.id, { text: `text ${id.id}` }]));
const specOf = (change: Partial<SpecInput> = {}) =>
  buildSpec({
    source: { collection: 'docs_v1', textFrom: { url } },
    vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: template } } },
    ...change,
  });
const vectorOf = (text: string) => JSON.stringify([...Float32Array.from(fakeVector(text))]);

async function ready(spec = specOf(), has: typeof texts = texts) {
  const on = await startFleet({ points, texts: has });
  await on.submit(spec);
  await on.settle();
  const target = (id: number) => on.stores.pointsOf('docs_v2').find((point) => point.id.id === String(id));
  return { ...on, target };
}

describe('texts that are not in the payload', () => {
  it('are embedded beside the payload, which is written as it is', async () => {
    const on = await ready();
    expect((await on.load()).phase).toBe('ready');
    expect(on.target(3)).toMatchObject({ payload: '{"title":"title 3"}', vectors: { new: vectorOf('title 3 text 3') } });
  });

  it('are embedded again where they changed, found by their hash, and only they', async () => {
    const on = await ready(specOf({ sync: { hashField: 'sha' } }));
    expect(on.target(3)?.payload).toContain(textHash([template], { payload: '{"title":"title 3"}', elsewhere: '{"text":"text 3"}' }));
    const paid = (await on.state.ranges.spent('m1')).texts;
    on.textSources.texts.set('3', { text: 'another' });
    await on.follow();
    expect(on.target(3)?.vectors.new).toBe(vectorOf('title 3 another'));
    expect((await on.state.ranges.spent('m1')).texts).toBe(paid + 1);
  });

  it('are embedded again with every change of the payload where no hash is kept', async () => {
    const on = await ready();
    on.textSources.texts.set('3', { text: 'another' });
    await on.follow();
    expect(on.target(3)?.vectors.new).toBe(vectorOf('title 3 text 3'));
    on.stores.put('docs_v1', [doc(3, 'new title')]);
    await on.follow();
    expect(on.target(3)?.vectors.new).toBe(vectorOf('new title another'));
  });

  it('that are missing set their points aside, also where the payload has a field of the template', async () => {
    const { 2: _, ...others } = texts;
    const on = await ready(specOf(), others);
    expect(on.target(2)).toBeUndefined();
    const [entry] = await on.state.setAside.among('m1', [{ kind: 'integer', id: '2' }]);
    expect(entry).toMatchObject({ code: 'text-missing', reason: expect.stringContaining('source.textFrom has none for it') });
  });

  it('may come from a file, which is the one that the plan saw', async () => {
    const on = await ready(specOf({ source: { collection: 'docs_v1', textFrom: { file: 'texts.jsonl' } } }));
    expect(on.target(3)?.vectors.new).toBe(vectorOf('title 3 text 3'));
    expect((await on.load()).resolved.textFile).toEqual({ sha256: 'of the texts in memory', texts: 7 });
  });

  it('fill a vector that is added in place, and are read again with what was written meanwhile', async () => {
    const on = await startFleet({ points, texts });
    await on.submit(
      specOf({ target: { collection: 'docs_v1', inPlace: true }, vectors: { new: { embed: { model: 'fake/4', text: template } } } }),
    );
    await on.until('copying');
    const { updateVectors } = on.stores.points;
    on.stores.points.updateVectors = async (...write) => {
      on.stores.points.updateVectors = updateVectors;
      on.textSources.texts.set('1', { text: 'edited' });
      await updateVectors(...write);
    };
    await on.settle();
    const made = on.stores.pointsOf('docs_v1').map(({ vectors }) => vectors.new);
    expect(made[0]).toBe(vectorOf('title 1 edited'));
    expect(made[6]).toBe(vectorOf('title 7 text 7'));
  });

  it('that a service words anew for every question stop a vector that is added in place, instead of being paid for without end', async () => {
    const on = await startFleet({ points, texts });
    const { read } = on.textSources;
    let asked = 0;
    const restless: typeof read = async (...question) => {
      on.textSources.texts.set('1', { text: `asked ${++asked} times` });
      return read(...question);
    };
    Object.assign(on.textSources, { read: restless });
    await on.submit(
      specOf({ target: { collection: 'docs_v1', inPlace: true }, vectors: { new: { embed: { model: 'fake/4', text: template } } } }),
    );
    await on.until('failed');
    expect((await on.load()).error?.message).toContain('had another text for point 1 each of 20 times');
  });

  it('stop the migration with the words of a service that refuses, and go on once it does not', async () => {
    const on = await startFleet({ points, texts });
    await on.submit(specOf());
    on.textSources.faults.push(...Array.from({ length: 9 }, () => new ReembedError('text-source-refused', 'no such tenant')));
    await on.until('failed');
    expect((await on.load()).error).toEqual({ code: 'text-source-refused', message: 'no such tenant' });
    on.textSources.faults.length = 0;
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect((await on.load()).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(points.length);
  });
});

describe('the gates over such texts', () => {
  const modelled = points.map((point) => ({ ...point, vectors: { '': JSON.stringify(fakeVector(JSON.parse(point.payload).title)) } }));

  async function gated(change: Partial<SpecInput> = {}, before: (on: Awaited<ReturnType<typeof startFleet>>) => void = () => undefined) {
    const on = await startFleet({ points: modelled, texts, size: 4, others: [{ model: 'fake/old' }] });
    const source = { collection: 'docs_v1', textFrom: { url }, vectors: { '': { model: 'fake/old', text: '{{title}}' } } };
    const gates = { knownItems: { points: 5, text: 'about {{text}}' } };
    await on.submit(specOf({ source, search: { new: { using: 'new' } }, gates, ...change }));
    await on.until('verifying');
    before(on);
    await on.settle();
    const measured = await on.state.gates.load('m1');
    return { on, quality: measured?.quality, again: measured?.fidelity.checks.find(({ name }) => name === 'embedded-again') };
  }

  it('make queries of them, show them, and embed them again', async () => {
    const { on, quality, again } = await gated();
    expect(again).toMatchObject({ verdict: 'pass', message: expect.stringContaining('7 points embedded again') });
    const drawn = await on.state.gates.draw('m1');
    expect(drawn?.knownItems).toHaveLength(5);
    for (const { text, document } of drawn?.knownItems ?? []) expect(text).toBe(`about text ${document}`);
    const hits = quality?.lost.flatMap(({ old, new: fresh }) => [...old, ...fresh]) ?? [];
    expect(hits).not.toEqual([]);
    for (const { id, text } of hits) expect(text).toBe(`title ${id.id} text ${id.id}`);
  });

  it('name a text that was edited elsewhere, and how it is noticed', async () => {
    const { again } = await gated({}, (on) => on.textSources.texts.set('3', { text: 'quite another' }));
    expect(again).toMatchObject({ verdict: 'fail', ids: [{ id: '3' }], message: expect.stringContaining('only with sync.hashField') });
  });

  it('say of such an edit in place how the vector is made anew', async () => {
    const target = { collection: 'docs_v1', inPlace: true };
    const vectors = { new: { embed: { model: 'fake/4', text: template } } };
    const { on, again } = await gated({ target, vectors }, (fleet) => fleet.textSources.texts.set('3', { text: 'quite another' }));
    expect(again).toMatchObject({ verdict: 'fail', ids: [{ id: '3' }], message: expect.stringContaining('filled in anew') });
    await on.stores.points.removeVector('docs_v1', [{ kind: 'integer', id: '3' }], 'new');
    await on.follow();
    expect(on.stores.pointsOf('docs_v1')[2]?.vectors.new).toBe(vectorOf('title 3 quite another'));
  });

  it('blame nothing for such an edit where sync sees it', async () => {
    const { again } = await gated({ sync: { hashField: 'sha' } }, (on) => on.textSources.texts.set('3', { text: 'quite another' }));
    expect(again).toMatchObject({ verdict: 'pass' });
  });

  it('wait for a service that is away, and say what one that refuses the coordinator keeps from them', async () => {
    const away = new ReembedError('text-source-unreachable', 'away');
    expect((await gated({}, (on) => void on.textSources.faults.push(away, away))).again).toMatchObject({ verdict: 'pass' });
    const refused = new ReembedError('text-source-unauthorized', 'wants a key');
    const refuse = (on: Awaited<ReturnType<typeof startFleet>>) =>
      Object.assign(on.textSources, { read: async () => Promise.reject(refused) });
    const { again, quality } = await gated({ gates: { queries: [{ id: 'q', text: 'about text 3' }] } }, refuse);
    expect(again).toMatchObject({ verdict: 'inconclusive', message: expect.stringContaining('wants a key [text-source-unauthorized]') });
    expect(quality?.reasons.join()).toContain('the hits are shown without what source.textFrom has for them: wants a key');
  });
});

describe('the plan of such texts', () => {
  async function plan(change: Partial<SpecInput> = {}, fault?: ReembedError) {
    const on = await startFleet({ points, texts });
    if (fault !== undefined) on.textSources.faults.push(fault);
    return (await makePlan(on.deps, specOf(change))).plan;
  }

  it('counts them, and says how a changed one is noticed', async () => {
    const { embeds, blockers, reminders } = await plan();
    expect(blockers).toEqual([]);
    expect(embeds).toMatchObject([{ sampledTexts: 7, missingTexts: 0, chars: { max: 'title 1 text 1'.length } }]);
    expect(reminders.join()).toContain('set sync.hashField');
    expect((await plan({ sync: { hashField: 'sha' } })).reminders.join()).toContain('is found by sync.hashField');
  });

  it('names a field that neither the payloads nor the service have', async () => {
    const { blockers } = await plan({ vectors: { new: { embed: { model: 'fake/4', text: '{{text}} {{body}}' } } } });
    expect(blockers).toMatchObject([{ message: '"body" has a value in none of 7 sampled points; they have: title, text' }]);
  });

  it('lets a mapping drop what only the service has, and no field of a payload that a template reads', async () => {
    const mapped = (payload: object) => plan({ target: { collection: 'docs_v2', payload } });
    expect((await mapped({ include: ['title'] })).blockers).toEqual([]);
    expect((await mapped({ exclude: ['title'] })).blockers).toMatchObject([{ field: 'target.payload' }]);
  });

  it('does not count what it could not read, and says so', async () => {
    const { embeds, blockers, reminders } = await plan({}, new ReembedError('text-source-unreachable', 'gave no answer'));
    expect({ blockers, embeds }).toMatchObject({ blockers: [], embeds: [{ sampledTexts: 0, priceUsd: null }] });
    expect(reminders.join()).toContain(
      'could not be sampled, so tokens, price and lengths are not known, and there is no advice: gave no answer',
    );
  });

  it.each<[string, Partial<SpecInput>, ReembedError | undefined, string]>([
    ['a service that refuses', {}, new ReembedError('text-source-refused', 'no such tenant'), 'no such tenant'],
    ['a target that no text goes into', { vectors: { '': { keep: '' } } }, undefined, 'no vector of the target is made from text'],
    [
      'an average length that cannot be measured',
      { vectors: { words: { bm25: { text: '{{text}}' } } } },
      new ReembedError('text-source-unreachable', 'away'),
      'give a number',
    ],
  ])('is blocked by %s', async (_, change, fault, words) => {
    expect((await plan(change, fault)).blockers).toMatchObject([{ message: expect.stringContaining(words) }]);
  });
});
