import type { SpecInput } from '@reembed/contracts';
import { fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { reportOf } from '../commands/build-report.ts';
import { buildSpec, docs, type FleetOptions, startFleet } from './fleet.fixture.ts';

const vectorFor = (text: string) => JSON.stringify([...Float32Array.from(fakeVector(text))]);
const stored = docs(20).map((point) => ({ ...point, vectors: { '': vectorFor(`old ${point.id.id}`) } }));
const queries = [3, 8, 14].map((n) => ({ id: `q${n}`, text: `text ${n}` }));
const qrels = [3, 8, 14].map((n) => ({ query: `q${n}`, document: String(n), relevance: 1 }));

const spec = (change: Partial<SpecInput> = {}) =>
  buildSpec({
    source: { collection: 'docs_v1', vectors: { '': { model: 'fake/old', text: '{{body}}' } } },
    target: { collection: 'docs_v1', inPlace: true },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
    copy: { rangePoints: 2, pagePoints: 2 },
    gates: { sampledPoints: 0, queries, qrels },
    ...change,
  });

async function run(asked = spec(), options: FleetOptions = {}) {
  const on = await startFleet({ points: stored, size: 4, others: [{ model: 'fake/old' }], ...options });
  await on.submit(asked);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  return on;
}

/** The models answer, and so many ranges are worked on. */
async function workOn(on: Awaited<ReturnType<typeof startFleet>>, ranges: number): Promise<void> {
  const others = on.state.rangeQueue.jobs.splice(ranges);
  await on.work();
  on.state.rangeQueue.jobs.push(...others);
}

describe('the bridge, while a vector is filled in', () => {
  it('is measured where the walk has come to the next step, and ends as the new vector ranks the candidates', async () => {
    const on = await startFleet({ points: stored, size: 4, others: [{ model: 'fake/old' }] });
    await on.submit(spec());
    for (let rounds = 0; !(await on.load()).bridged?.some(({ step }) => step === 1); rounds++) {
      if (rounds > 200) throw new Error('the walk does not end');
      await on.step();
      await workOn(on, 1);
    }
    await on.settle();
    const { bridge } = await reportOf(on.deps, await on.load());
    expect(bridge.length).toBeGreaterThan(1);
    expect(bridge.every(({ queries: asked, points, failed }) => asked === 3 && points === 20 && failed === null)).toBe(true);
    expect(bridge.map(({ step }) => step)).toEqual(bridge.map(({ step }) => step).toSorted((a, b) => a - b));
    const last = bridge.at(-1);
    expect(last).toMatchObject({ step: 1, filled: 20, ndcg: { bridge: 1, alone: 1 } });
    expect(last?.gain?.difference).toBeCloseTo(1 - (last?.ndcg?.old ?? 0));
  });

  it('is asked as the printed code asks: for what every shard of the collection ranks', async () => {
    const on = await startFleet({ points: stored, size: 4, others: [{ model: 'fake/old' }] });
    const { describe: described } = on.stores.collections;
    (on.stores.collections as { describe: typeof described }).describe = async (name) => {
      const info = await described(name);
      return info === null ? null : { ...info, params: { ...info.params, shard_number: 3 } };
    };
    const limits = new Set<number | undefined>();
    const { search } = on.deps.searches;
    (on.deps.searches as { search: typeof search }).search = async (collection, request) => {
      if (request.profile.prefetch.length > 0) limits.add(request.limit);
      return search(collection, request);
    };
    await on.submit(spec());
    await on.settle();
    expect(limits).toEqual(new Set([600]));
  });

  it('is the old list where nothing is filled', async () => {
    const on = await startFleet({ points: stored, size: 4, others: [{ model: 'fake/old' }] });
    await on.submit(spec());
    for (let rounds = 0; ((await on.load()).bridged ?? []).length === 0; rounds++) {
      if (rounds > 200) throw new Error('nothing is measured');
      await on.step();
      await workOn(on, 0);
    }
    const [first] = (await on.load()).bridged ?? [];
    expect(first).toMatchObject({ step: 0, filled: 0, points: 20, ndcg: { alone: 0 }, gain: { difference: 0, lower: 0, upper: 0 } });
    expect(first?.ndcg?.bridge).toBe(first?.ndcg?.old);
  });

  it('is measured by the queries that the gate counts: by ids however labels write them, without those whose documents are nowhere', async () => {
    const uuid = (n: number) => `abcdef00-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const points = stored.map((point) => ({ ...point, id: { kind: 'uuid' as const, id: uuid(Number(point.id.id)) } }));
    const labels = [
      ...[3, 8, 14].map((n) => ({ query: `q${n}`, document: uuid(n).toUpperCase().replaceAll('-', ''), relevance: 1 })),
      { query: 'lost', document: uuid(99), relevance: 1 },
    ];
    const gates = { sampledPoints: 0, queries: [...queries, { id: 'lost', text: 'text 99' }], qrels: labels };
    const on = await run(spec({ gates }), { points });
    expect((await on.load()).bridged?.at(-1)).toMatchObject({ step: 1, queries: 3, ndcg: { bridge: 1, alone: 1 } });
  });

  it('is measured by known items where there are no labels, and not at all where there is neither', async () => {
    const known = await run(spec({ gates: { sampledPoints: 0, knownItems: { text: '{{body}}', points: 5 } } }));
    expect((await known.load()).bridged?.at(-1)).toMatchObject({ queries: 5, ndcg: { bridge: 1 } });
    const without = await run(spec({ gates: { sampledPoints: 0 } }));
    expect((await without.load()).bridged).toBeUndefined();
  });

  it('holds nothing up where it cannot be measured, and says why', async () => {
    const on = await run(spec({ source: { collection: 'docs_v1' } }));
    expect((await on.load()).bridged?.[0]).toMatchObject({
      ndcg: null,
      failed: expect.stringContaining('what made the source\'s vector "" is not known'),
    });
  });
});
