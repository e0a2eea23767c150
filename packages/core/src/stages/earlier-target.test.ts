import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { reportOf } from '../commands/build-report.ts';
import { command } from '../commands/commands.ts';
import { discard } from '../commands/discard.ts';
import { earlierAlias, readerByAlias } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { makePlan } from '../plan/make-plan.ts';
import { buildSpec, type FleetOptions, startFleet } from './fleet.fixture.ts';
import { reconcile } from './run-stage.ts';

const doc = (n: number, change: object = {}): PointText => ({
  id: { kind: 'integer', id: String(n) },
  payload: JSON.stringify({ title: `title ${n}`, body: `body ${n}`, ...change }),
  vectors: { '': '[1.0,0.0]' },
});
const points = Array.from({ length: 7 }, (_, at) => doc(at + 1));
const embed = (text: string, change: object = {}) => ({ embed: { model: 'fake/4', text, ...change } });

/** Two embedded vectors, of the body by `body`, into `target`. */
const spec = (target: string, body = '{{body}}', change: Partial<SpecInput> = {}) =>
  buildSpec({
    target: { collection: target, alias: 'docs' },
    vectors: { title: embed('{{title}}'), body: embed(body) },
    gates: { sampledPoints: 0 },
    ...change,
  });

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

/** A first migration that was ready, and cancelled. */
async function cancelled(options: FleetOptions = {}, first = spec('docs_v2')) {
  const on = await startFleet({ points, ...options });
  await on.submit(first);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  await command(on.deps, 'm1', 'cancel');
  await on.settle();
  const asked = on.embedder.requests.length;
  /** Documents' texts that were embedded since. */
  const embedded = () =>
    on.embedder.requests
      .slice(asked)
      .flat()
      .filter((text) => /title|body|edited/.test(text))
      .sort();
  return { ...on, embedded };
}

const vectorsOf = (on: OnFleet, collection: string, name: string) =>
  on.stores.pointsOf(collection).map(({ id, vectors }) => [id.id, vectors[name]]);
const heldBy = async (on: OnFleet) => Object.entries(await on.aliases()).find(([name]) => readerByAlias(name) === 'm2')?.[1];
const bodies = points.map((_, at) => `Of ${`body ${at + 1}`}`);
const everything = points.flatMap((_, at) => [`Of body ${at + 1}`, `title ${at + 1}`]).sort();
const changed = spec('docs_v3', 'Of {{body}}');

describe('a new migration after a cancelled one of the same source', () => {
  it('takes the vectors that are still right, bit by bit, and embeds the others', async () => {
    const on = await cancelled();
    await on.submit(changed);
    await on.settle();
    expect(await on.load('m2')).toMatchObject({ phase: 'ready', error: null, verification: { findings: [] } });
    expect(on.embedded()).toEqual(bodies);
    expect(vectorsOf(on, 'docs_v3', 'title')).toEqual(vectorsOf(on, 'docs_v2', 'title'));
    expect((await reportOf(on.deps, await on.load('m2'))).cost).toMatchObject({ texts: 7, kept: 7 });
  });

  it.each<[string, Partial<SpecInput>]>([
    ['payload mapping', { target: { collection: 'docs_v3', alias: 'docs', payload: { rename: { title: 'heading' } } } }],
    ['collection parameters', { target: { collection: 'docs_v3', alias: 'docs', settings: { replication_factor: 2 } } }],
    ['name of a vector', { vectors: { heading: embed('{{title}}'), body: embed('{{body}}') } }],
    ['filter', { source: { collection: 'docs_v1', filter: { must: [{ key: 'title', match: { value: 'title 1' } }] } } }],
    ['hash', { sync: { hashField: 'h' } }],
  ])('pays nothing for another %s', async (_, change) => {
    const on = await cancelled();
    await on.submit(spec('docs_v3', '{{body}}', change));
    await on.settle();
    expect(await on.load('m2')).toMatchObject({ phase: 'ready', error: null, verification: { findings: [] } });
    expect(on.embedded()).toEqual([]);
    expect(on.stores.pointsOf('docs_v3').length).toBeGreaterThan(0);
  });

  it('embeds anew what was edited since, and what the earlier one has not', async () => {
    const on = await cancelled();
    on.stores.put('docs_v1', [doc(2, { title: 'edited' }), doc(3, { other: 1 }), doc(8)]);
    await on.submit(changed);
    await on.settle();
    expect(on.embedded()).toEqual(['edited', 'title 8', ...bodies, 'Of body 8'].sort());
    expect(on.stores.pointsOf('docs_v3')).toHaveLength(8);
  });

  it('prices only what is embedded, and says where the rest is taken from', async () => {
    const on = await cancelled();
    const { plan, resolved } = await makePlan(on.deps, changed);
    expect(plan.embeds.map(({ vector, totalTokens, keptTexts }) => [vector, totalTokens, keptTexts])).toEqual([
      ['title', 0, 7],
      ['body', 21, 0],
    ]);
    expect(resolved?.earlier).toMatchObject({ migration: 'm1', collection: 'docs_v2', vectors: { title: 'title' } });
    expect(plan.reminders.filter((reminder) => reminder.includes('m1'))).toEqual([
      'What migration m1 left in "docs_v2" and is still right is taken from there, not embedded and paid again: "title" of 7 of 7 sampled points. ' +
        'Leave "docs_v2" until "docs_v3" is copied; then `reembed discard m1 --confirm docs_v2` deletes it.',
    ]);
  });

  it('takes nothing from one that others use, which is alive, was switched, or is of another source', async () => {
    const on = await cancelled();
    const found = async (wanted = changed) => (await makePlan(on.deps, wanted)).resolved?.earlier ?? null;
    expect(await found()).not.toBeNull();
    await on.stores.collections.pointAlias('somebody', 'docs_v2');
    expect(await found()).toBeNull();
    await on.stores.collections.dropAlias('somebody');
    await on.stores.collections.create('docs_v0', { vectors: { size: 2, distance: 'Dot' } });
    on.stores.put('docs_v0', points);
    expect(
      await found(spec('docs_v3', 'Of {{body}}', { source: { collection: 'docs_v0' }, target: { collection: 'docs_v3' } })),
    ).toBeNull();
    const alive = await startFleet({ points });
    await alive.submit(spec('docs_v2'));
    await alive.settle();
    const other = spec('docs_v3', 'Of {{body}}', { target: { collection: 'docs_v3' } });
    expect((await makePlan(alive.deps, other)).resolved?.earlier).toBeNull();
  });

  it('takes the one that has more of what is wanted', async () => {
    const on = await cancelled();
    await on.submit(spec('docs_v3', 'Other {{body}}'));
    await on.settle();
    await command(on.deps, 'm2', 'cancel');
    await on.settle();
    expect((await makePlan(on.deps, spec('docs_v4', 'Other {{body}}'))).resolved?.earlier).toMatchObject({ migration: 'm2' });
    expect((await makePlan(on.deps, spec('docs_v4'))).resolved?.earlier).toMatchObject({ migration: 'm1' });
  });

  it('takes a smaller one that is right, where the larger one is of a model that has changed behind its name', async () => {
    let shift = 3;
    const on = await cancelled({ embedder: { vectorOf: (text) => [1, text.length / 1024, shift, 0.5] } });
    shift = 0;
    // What came to be made by the model of today: three points of seven.
    const few = { collection: 'docs_v1', filter: { must: [{ has_id: [1, 2, 3] }] } };
    await on.submit(spec('docs_few', '{{body}}', { source: few }));
    await on.settle();
    await command(on.deps, 'm2', 'cancel');
    await on.settle();
    const before = on.embedded().length;
    const wanted = spec('docs_v3');
    expect((await makePlan(on.deps, wanted)).resolved?.earlier).toMatchObject({ collection: 'docs_v2' });
    await on.submit(wanted);
    await on.until('copying', 'm3');
    expect((await on.load('m3')).resolved.earlier).toMatchObject({ migration: 'm2', collection: 'docs_few' });
    await on.settle();
    expect(on.embedded().length - before).toBe(2 * 4);
    expect(new Set(vectorsOf(on, 'docs_v3', 'title').map(([, vector]) => JSON.parse(String(vector))[2]))).toEqual(new Set([0]));
  });

  it('embeds everything where the model has changed behind its name', async () => {
    let shift = 0;
    const on = await cancelled({ embedder: { vectorOf: (text) => [1, text.length / 1024, shift, 0.5] } });
    shift = 3;
    await on.submit(changed);
    await on.settle();
    expect(on.embedded()).toEqual(everything);
    expect((await on.load('m2')).resolved.earlier).toBeNull();
  });
});

describe('an earlier target that shows nothing', () => {
  it('is one whose long texts were shortened past another number of tokens, which the spec does not show', async () => {
    const shortened = (target: string, body: string) =>
      buildSpec({
        target: { collection: target, alias: 'docs' },
        vectors: { title: embed('{{title}}', { onLongText: 'truncate' }), body: embed(body) },
        gates: { sampledPoints: 0 },
      });
    const on = await cancelled({ embedder: { limits: { maxInputTokens: 20 } } }, shortened('docs_v2', '{{body}}'));
    Object.assign(on.embedder.limits, { maxInputTokens: 30 });
    await on.submit(shortened('docs_v3', 'Of {{body}}'));
    await on.settle();
    expect(on.embedded()).toEqual(everything);
  });

  it('is one whose model gives vectors of another length, where the distance counts lengths', async () => {
    let factor = 1;
    const dot = (target: string, body: string) =>
      buildSpec({
        target: { collection: target, alias: 'docs' },
        vectors: { title: { ...embed('{{title}}'), distance: 'Dot' }, body: embed(body) },
        gates: { sampledPoints: 0 },
      });
    const vectorOf = (text: string) => [1, text.length / 1024, 0.25, 0.5].map((number) => number * factor);
    const on = await cancelled({ embedder: { vectorOf } }, dot('docs_v2', '{{body}}'));
    factor = 2;
    await on.submit(dot('docs_v3', 'Of {{body}}'));
    await on.settle();
    expect(on.embedded()).toEqual(everything);
  });

  it('is one that readers have seen: through an alias that was moved by hand and back, before it was cancelled', async () => {
    const on = await startFleet({ points });
    await on.submit(spec('docs_v2'));
    await on.settle();
    await on.stores.collections.pointAlias('docs', 'docs_v2');
    for (let n = 0; n < 40 && (await on.load()).phase !== 'failed'; n++) {
      await on.step();
      await on.work();
    }
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    const { plan } = await makePlan(on.deps, changed);
    expect(plan.embeds.map(({ keptTexts }) => keptTexts)).toEqual([0, 0]);
  });

  it('is one that readers have seen: of a migration that was rolled back, taken up again, and cancelled', async () => {
    const on = await startFleet({ points });
    await on.submit(spec('docs_v2'));
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    await on.submit(spec('docs_v2'));
    await on.settle();
    await command(on.deps, 'm2', 'cancel');
    await on.settle();
    const { plan } = await makePlan(on.deps, changed);
    expect(plan.embeds.map(({ keptTexts }) => keptTexts)).toEqual([0, 0]);
  });
});

describe('an earlier target that vectors are taken from', () => {
  /** The new migration has come as far as to copy. */
  async function copying() {
    const on = await cancelled();
    await on.submit(changed);
    await on.until('copying', 'm2');
    expect(await heldBy(on)).toBe('docs_v2');
    return on;
  }

  it('is not discarded before the copy has what it wants, and may be from then on', async () => {
    const on = await copying();
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringMatching(/m2 takes vectors from "docs_v2".*`reembed cancel m2`/),
    });
    await on.settle();
    expect(on.embedded()).toEqual(bodies);
    expect(await heldBy(on)).toBeUndefined();
    await discard(on.deps, 'm1', 'docs_v2');
    expect(await on.stores.collections.describe('docs_v2')).toBeNull();
    expect(await on.load('m2')).toMatchObject({ phase: 'ready' });
  });

  it('is let go by a cancel, and by a discard of what is left of the new one', async () => {
    const on = await copying();
    await command(on.deps, 'm2', 'cancel');
    await on.settle();
    expect(await heldBy(on)).toBeUndefined();
    await on.stores.collections.pointAlias(earlierAlias('m9', 'x'), 'docs_v2');
    await expect(discard(on.deps, 'm1', 'docs_v2')).rejects.toMatchObject({
      message: expect.stringContaining('where it is gone, `reembed discard m9`'),
    });
    await discard(on.deps, 'm9');
    await discard(on.deps, 'm1', 'docs_v2');
  });

  it('that is deleted under way, and made anew by others, is not read: the rest is embedded', async () => {
    const on = await copying();
    await on.stores.collections.drop('docs_v2');
    await on.stores.collections.create('docs_v2', { vectors: { title: { size: 4, distance: 'Cosine' } } });
    on.stores.put(
      'docs_v2',
      points.map(({ id, payload }) => ({ id, payload, vectors: { title: '[9.0,9.0,9.0,9.0]' } })),
    );
    await on.settle();
    expect(on.embedded()).toEqual(everything);
    expect(vectorsOf(on, 'docs_v3', 'title').flat()).not.toContain('[9.0,9.0,9.0,9.0]');
    expect(await on.load('m2')).toMatchObject({ phase: 'ready' });
  });

  it('that others come to use under way is let go, and nothing more is taken', async () => {
    const on = await copying();
    await on.stores.collections.pointAlias('somebody', 'docs_v2');
    await on.settle();
    expect(on.embedded()).toEqual(everything);
    expect(await heldBy(on)).toBeUndefined();
  });

  it('is looked at once more before anything is taken', async () => {
    const on = await cancelled();
    await on.submit(changed);
    await on.stores.collections.drop('docs_v2');
    await on.settle();
    expect(on.embedded()).toEqual(everything);
    expect(await on.load('m2')).toMatchObject({ phase: 'ready', resolved: { earlier: null } });
  });

  it('is not held where another one took its name in that very moment', async () => {
    const on = await cancelled();
    await on.submit(changed);
    const { collections } = on.stores;
    const pointAlias = async (alias: string, collection: string) => {
      if (readerByAlias(alias) === 'm2') {
        await collections.drop('docs_v2');
        await collections.create('docs_v2', { vectors: { title: { size: 4, distance: 'Cosine' } } });
        on.stores.put(
          'docs_v2',
          points.map(({ id, payload }) => ({ id, payload, vectors: { title: '[9.0,9.0,9.0,9.0]' } })),
        );
      }
      await collections.pointAlias(alias, collection);
    };
    await on.settle({ collections: { ...collections, pointAlias } });
    expect(on.embedded()).toEqual(everything);
    expect([await heldBy(on), (await on.load('m2')).resolved.earlier]).toEqual([undefined, null]);
  });

  it('has lost a vector: those texts are embedded', async () => {
    const on = await copying();
    await on.stores.collections.dropVector('docs_v2', 'title');
    await on.settle();
    expect(on.embedded()).toEqual(everything);
    expect(await on.load('m2')).toMatchObject({ phase: 'ready' });
  });

  it('is kept by no alias that a coordinator makes which slept while another one prepared', async () => {
    const on = await copying();
    await on.stores.collections.pointAlias(earlierAlias('m2', 'late'), 'docs_v2');
    await reconcile(on.deps);
    expect(Object.keys(await on.aliases()).filter((name) => readerByAlias(name) === 'm2')).toEqual([
      (await on.load('m2')).resolved.earlier?.alias,
    ]);
  });

  it('is read on by the fleet that adopts the migration where Redis is lost', async () => {
    const on = await copying();
    on.loseRedis();
    await on.submit(changed);
    await on.settle();
    expect(on.embedded()).toEqual(bodies);
    expect(await heldBy(on)).toBeUndefined();
  });
});
