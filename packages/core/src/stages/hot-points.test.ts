import { type SpecInput, specSchema } from '@reembed/contracts';
import { fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { hotBlockers } from '../plan/hot-blockers.ts';
import type { QueryLog } from '../ports/text-sources.ts';
import { buildSpec, docs, type FleetOptions, startFleet } from './fleet.fixture.ts';

const vectorFor = (text: string) => JSON.stringify([...Float32Array.from(fakeVector(text))]);
const bodyOf = ({ payload }: Pick<PointText, 'payload'>) => (JSON.parse(payload) as { body: string }).body;
const stored = docs(12).map((point) => ({ ...point, vectors: { '': vectorFor(bodyOf(point)) } }));
const filled = (points: readonly PointText[]) =>
  points.map((point) => ({ ...point, vectors: { ...point.vectors, new: vectorFor(bodyOf(point)) } }));

const spec = (change: Partial<SpecInput> = {}) =>
  buildSpec({
    source: { collection: 'docs_v1', vectors: { '': { model: 'fake/old', text: '{{body}}' } } },
    target: { collection: 'docs_v1', inPlace: true },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
    copy: { rangePoints: 5, pagePoints: 2, hotFirst: { file: 'log.jsonl' } },
    gates: { sampledPoints: 0 },
    ...change,
  });
const retrieved = (...ids: string[]): QueryLog['points'] => ids.map((id, at) => ({ id: { kind: 'integer', id }, retrieved: 100 - at }));
const logOf = (log: Partial<QueryLog>): QueryLog => ({ texts: new Map(), vectors: new Map(), points: [], ...log });

async function begin(log: Partial<QueryLog>, asked = spec(), options: FleetOptions = {}) {
  const on = await startFleet({ points: stored, size: 4, others: [{ model: 'fake/old' }], ...options });
  giveLog(on, log);
  await on.submit(asked);
  return on;
}

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

function giveLog(on: OnFleet, log: Partial<QueryLog>): void {
  (on.deps.textSources as { log?: QueryLog }).log = logOf(log);
}

/** Ids in the order in which they were given the vector, by pass. */
function watchFilling(on: OnFleet): { hot: string[]; backfill: string[] } {
  const seen: Record<string, string[]> = { hot: [], backfill: [] };
  const { updateVectors } = on.stores.points;
  (on.stores.points as { updateVectors: typeof updateVectors }).updateVectors = async (collection, points, options) => {
    await updateVectors(collection, points, options);
    seen[(await on.load()).pass?.kind ?? '']?.push(...points.map(({ id }) => id.id));
  };
  return seen as { hot: string[]; backfill: string[] };
}

const notes = (on: OnFleet) => on.state.events.published.flatMap(({ event }) => (event.type === 'note' ? [event.message] : []));
const embedded = (on: OnFleet) => on.embedder.requests.flat().filter((text) => text.startsWith('text '));

describe('the points that people retrieve most', () => {
  it('are filled before all others, and nothing is embedded twice', async () => {
    const on = await begin({ points: retrieved('11', '2', '7') });
    const order = watchFilling(on);
    await on.settle();
    expect(order.hot).toEqual(['2', '7', '11']);
    expect(order.backfill).toEqual(['1', '3', '4', '5', '6', '8', '9', '10', '12']);
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(stored));
    expect(embedded(on)).toHaveLength(12);
    expect((await on.load()).phase).toBe('ready');
  });

  it('are those that logged texts and vectors find in the source by the old vector, as often as they were asked', async () => {
    const texts = new Map([['text 3', 1]]);
    const vectors = new Map([[vectorFor('text 9'), 5]]);
    const on = await begin(
      { texts, vectors },
      spec({ copy: { rangePoints: 5, pagePoints: 2, hotFirst: { file: 'log.jsonl', points: 10 } } }),
    );
    const searched: [string, number | undefined][] = [];
    const { search } = on.deps.searches;
    (on.deps.searches as { search: typeof search }).search = async (collection, request) => {
      searched.push([request.queries[''] ?? '', request.limit]);
      return search(collection, request);
    };
    await on.settle();
    expect(searched.slice(0, 2)).toEqual([
      [vectorFor('text 9'), 10],
      [vectorFor('text 3'), 10],
    ]);
    expect(await on.state.ranges.hotWithin('m1', { start: null, end: null })).toHaveLength(10);
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(stored));
  });

  it('are no more than the spec says, and none that is gone, matches no filter or has the vector', async () => {
    const points = stored.map((point) =>
      point.id.id === '4' ? { ...point, vectors: { ...point.vectors, new: vectorFor('their own') } } : point,
    );
    const filter = { must: [{ key: 'body', match: { value: 'text 5' } }] };
    const copy = { rangePoints: 5, pagePoints: 2, hotFirst: { file: 'log.jsonl', points: 4 } };
    const source = { collection: 'docs_v1', vectors: { '': { model: 'fake/old', text: '{{body}}' } }, filter };
    const on = await begin({ points: retrieved('99', '5', '6', '4', '1') }, spec({ copy, source }), { points });
    const order = watchFilling(on);
    await on.settle();
    expect(order).toEqual({ hot: ['5'], backfill: [] });
  });

  it('go on where a pause came between, and after Redis was lost nothing stored is embedded again', async () => {
    const on = await begin({ points: retrieved('11', '2', '7') });
    await on.until('copying');
    for (let rounds = 0; (await on.load()).pass?.kind !== 'hot'; rounds++) {
      if (rounds > 20) throw new Error('no points are filled first');
      await on.step();
    }
    await command(on.deps, 'm1', 'pause');
    await on.settle();
    await command(on.deps, 'm1', 'resume');
    const { fill } = await on.load();
    expect(fill?.kind).toBe('hot');
    await on.step();
    // The very same pass, which alone knows what pages were in hand.
    expect((await on.load()).pass).toEqual(fill);
    for (let rounds = 0; embedded(on).length < 2; rounds++) {
      if (rounds > 100) throw new Error('nothing is embedded');
      await on.step();
      await on.work();
    }
    on.loseRedis();
    await on.submit(spec());
    await on.settle();
    expect((await on.load((await on.state.migrations.list())[0]?.id)).phase).toBe('ready');
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(stored));
    expect(embedded(on)).toHaveLength(12);
  });

  it.each([
    ['does not answer', async (on: OnFleet) => void on.state.modelCalls.asked.splice(0)],
    ['is away', async (on: OnFleet) => void (await on.work())],
  ])('hold nothing up for more than half an hour where the old model %s', async (_, meanwhile) => {
    const on = await begin({ texts: new Map([['text 3', 1]]), points: retrieved('7') });
    const order = watchFilling(on);
    const { result } = on.state.modelCalls;
    (on.deps.modelCalls as { result: typeof result }).result = async (id) => {
      const found = await result(id);
      return found?.ok && found.answer.call === 'embed' ? { ok: false, code: 'provider-unreachable', message: 'fake/old is gone' } : found;
    };
    await on.until('copying');
    for (let rounds = 0; rounds < 5; rounds++) {
      await on.step();
      await meanwhile(on);
    }
    expect(await on.load()).toMatchObject({ phase: 'copying', pass: null });
    on.clock.advance(31 * 60_000);
    await on.settle();
    expect(notes(on)).toContainEqual(expect.stringContaining('the texts of copy.hotFirst are left out: '));
    expect(order.hot).toEqual(['7']);
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(stored));
  });

  it('are waited for anew after a pause, however long that was', async () => {
    const on = await begin({ texts: new Map([['text 3', 1]]) });
    await on.until('copying');
    await on.step();
    await command(on.deps, 'm1', 'pause');
    while (on.state.stageQueue.jobs.length > 0) await on.step();
    on.clock.advance(31 * 60_000);
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect(notes(on)).not.toContainEqual(expect.stringContaining('left out'));
    expect(await on.state.ranges.hotWithin('m1', { start: null, end: null })).not.toEqual([]);
  });

  it('hold nothing up for longer either where the source cannot be searched', async () => {
    const on = await begin({ vectors: new Map([[vectorFor('text 9'), 1]]) });
    const { search } = on.deps.searches;
    (on.deps.searches as { search: typeof search }).search = async (collection, request) => {
      if ((await on.load()).phase === 'copying') throw new ReembedError('qdrant-unreachable', 'it takes too long');
      return search(collection, request);
    };
    await on.until('copying');
    for (let rounds = 0; rounds < 5; rounds++) await on.step();
    expect(await on.load()).toMatchObject({ phase: 'copying', pass: null });
    on.clock.advance(31 * 60_000);
    await on.settle();
    expect(notes(on)).toContainEqual(expect.stringContaining('in the order of their ids: it takes too long'));
    expect(on.stores.pointsOf('docs_v1')).toEqual(filled(stored));
  });

  it('are only an order: where they cannot be found, all are filled by id, and why is said', async () => {
    // As for a file that was put in the place of the planned one.
    const unknown = await begin({}, spec({ source: { collection: 'docs_v1' } }));
    giveLog(unknown, { texts: new Map([['text 3', 1]]), points: retrieved('7') });
    const order = watchFilling(unknown);
    await unknown.settle();
    expect(notes(unknown)).toContainEqual(
      expect.stringContaining('the texts of copy.hotFirst are left out: what made the source\'s vector "" is not known'),
    );
    expect(order.hot).toEqual(['7']);
    const misfit = await begin({});
    giveLog(misfit, { vectors: new Map([['[1,2]', 1]]) });
    await misfit.settle();
    expect(notes(misfit)).toContainEqual(
      expect.stringContaining('copy.hotFirst is left out, and points are filled in the order of their ids'),
    );
    expect(misfit.stores.pointsOf('docs_v1')).toEqual(filled(stored));
  });
});

describe('a plan with copy.hotFirst', () => {
  const blockers = async (change: Partial<SpecInput>, log: QueryLog | ReembedError = logOf({})) => {
    const queryLog = async () => {
      if (log instanceof ReembedError) throw log;
      return log;
    };
    const source = { vectors: { '': { size: 4, distance: 'Dot' as const } }, metadata: {} };
    return (await hotBlockers({ queryLog }, specSchema.parse({ ...spec(), ...change }), source)).map(
      ({ field, message }) => `${field}: ${message}`,
    );
  };

  it('is blocked where nothing is filled in place, and by a file that cannot be read', async () => {
    expect(await blockers({})).toEqual([]);
    expect(await blockers({ target: { collection: 'docs_v2' } })).toEqual([
      expect.stringContaining('copy.hotFirst.file: is for vectors that are filled in place'),
    ]);
    expect(await blockers({}, new ReembedError('invalid-text-file', 'log.jsonl, line 2: wants a query'))).toEqual([
      'copy.hotFirst.file: log.jsonl, line 2: wants a query',
    ]);
    expect(await blockers({ copy: {} }, new ReembedError('invalid-text-file', 'not asked'))).toEqual([]);
  });

  it('is blocked where queries would be asked of lists that are fused; points may be given there', async () => {
    const search = { old: { prefetch: [{}, { using: 'words' }], fusion: 'rrf' as const } };
    expect(await blockers({ search }, logOf({ texts: new Map([['a', 1]]) }))).toEqual([
      expect.stringContaining('give the points that were retrieved'),
    ]);
    expect(await blockers({ search }, logOf({ points: retrieved('7') }))).toEqual([]);
  });

  it('is blocked by texts for which no model is known, and by vectors of another size', async () => {
    const texts = logOf({ texts: new Map([['a', 1]]) });
    expect(await blockers({ source: { collection: 'docs_v1' } }, texts)).toEqual([expect.stringContaining('set source.vectors')]);
    expect(await blockers({}, texts)).toEqual([]);
    expect(await blockers({}, logOf({ vectors: new Map([['[1,2]', 1]]) }))).toEqual([
      expect.stringContaining('has a vector of 2 dimensions, and "" (unnamed) has 4'),
    ]);
    expect(await blockers({}, logOf({ vectors: new Map([['[1,2,3,4]', 1]]) }))).toEqual([]);
  });
});
