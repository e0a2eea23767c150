import { expect, test } from 'vitest';
import { buildView, progress } from './build-view.fixture.ts';
import { renderBridgeCode, renderFindings, renderList, renderOutcome, renderProgress, renderView } from './render-migration.ts';

test('a view shows phase, both collections, progress with pace, time left and cost, and the next step', () => {
  const text = renderView(buildView());
  expect(text).toContain('m1 (docs)');
  expect(text).toContain('copying');
  expect(text).toContain('docs_v1 -> docs_v2, alias docs');
  expect(text).toMatch(/^copy +250 of 1,000 points, 50 points\/s, ETA 15 s, \$0.0021$/m);
  expect(text).toMatch(/^cost +\$0.0021 for 250 texts, 5,000 tokens$/m);
  expect(text).toContain('Nothing: it goes on by itself.');
});

test('a view says how many vectors were taken instead of made', () => {
  expect(renderView(buildView({ progress: { ...progress, kept: 1_200 } }))).toMatch(
    /^cost .*5,000 tokens; 1,200 vectors were taken from an earlier target instead$/m,
  );
});

test('a view shows what it waits for and what went wrong', () => {
  const waiting = { kind: 'worker' as const, reason: 'for a worker: none is running', since: '2026-01-01T00:00:00.000Z' };
  const text = renderView(buildView({ phase: 'failed', waiting, error: { code: 'text-missing', message: 'point 812 has no text' } }));
  expect(text).toContain('for a worker: none is running');
  expect(text).toContain('point 812 has no text [text-missing]');
});

test('a view says what bounds a pass that has an end, where it waits for nothing', () => {
  const bound = { by: 'provider' as const, reason: 'ranges wait for the model that embeds, or for its limits, 93 % of the time' };
  expect(renderView(buildView({ bound }))).toMatch(/^bound by +provider: ranges wait for the model .* 93 % of the time$/m);
  const waiting = { kind: 'worker' as const, reason: 'for a worker', since: '2026-01-01T00:00:00.000Z' };
  for (const change of [{ waiting }, { phase: 'ready' as const }, { progress: { ...progress, pass: null } }, { bound: null }])
    expect(renderView(buildView({ bound, ...change }))).not.toContain('bound by');
});

test('a view says how many points are set aside, or that Qdrant does not tell', () => {
  expect(renderView(buildView())).not.toContain('set aside');
  expect(renderView(buildView({ progress: { ...progress, setAside: 2, accepted: 1 } }))).toContain('2 point(s), 1 accepted');
  expect(renderView(buildView({ progress: { ...progress, setAside: null, accepted: null } }))).toContain(
    'Qdrant, which keeps the list, does not answer',
  );
});

test('the query-side change is told at ready and after the switch, and at no other time', () => {
  expect(renderOutcome(buildView({ phase: 'ready' }))).toContain('Embed queries with hash/256.');
  expect(renderOutcome(buildView({ phase: 'observing' }))).toContain('Embed queries with hash/256.');
  expect(renderOutcome(buildView({ phase: 'cancelled' }))).not.toContain('Embed queries');
});

test('what fills vectors in says how many points lacked them', () => {
  const lag = { differences: 3, at: '2026-01-01T00:00:05.000Z', quietPasses: 0, tookMs: 10 };
  expect(renderView(buildView({ phase: 'observing', filling: { vectors: ['new'], lacking: 3, at: lag.at } }))).toContain(
    '3 point(s) lacked "new"',
  );
  expect(renderView(buildView({ phase: 'ready', lag }))).toContain('3 difference(s) found and mended');
});

test('a view says as of when the old collection is fresh, and what cannot be made for it', () => {
  const kept = { collection: 'docs_v1', freshAsOf: '2026-01-01T00:00:05.000Z', differences: 3, setAside: 0, example: null };
  expect(renderView(buildView({ reverseSync: kept }))).toContain(
    'docs_v1, as of 2026-01-01T00:00:05.000Z: 3 difference(s) found and mended by the last pass',
  );
  expect(renderView(buildView({ reverseSync: { ...kept, setAside: 1, example: 'point 8: too long' } }))).toContain(
    'by the last pass, without 1 that cannot be made for it (point 8: too long)',
  );
  expect(renderView(buildView({ reverseSync: { ...kept, freshAsOf: null } }))).toContain('docs_v1: the first pass is under way');
});

test('a view says how many vectors of the old model were found in the switched collection, and why a look told nothing', () => {
  const writers = { at: '2026-01-01T00:00:05.000Z', looks: 2, looked: 40, old: 2, unlike: 1, ids: [], unable: null };
  expect(renderView(buildView({ phase: 'observing', writers }))).toContain(
    '2 of 40 vectors that were looked at are of the old model, 1 of neither model, 2026-01-01T00:00:05.000Z',
  );
  expect(renderView(buildView({ phase: 'observing', writers: { ...writers, unable: 'away' } }))).toContain(
    'the last look told nothing: away',
  );
});

test('a list has one line a migration', () => {
  expect(renderList({ migrations: [], unreadable: [] })).toBe('There is no migration.');
  expect(renderList({ migrations: [buildView(), buildView({ id: 'm2' })], unreadable: [] }).split('\n')).toHaveLength(3);
});

const verification = {
  at: '2026-01-01T00:00:02.000Z',
  sourcePoints: 5_004,
  targetPoints: 5_002,
  compared: 5_002,
  setAside: 2,
  findings: [],
};

test('a comparison counts what is set aside beside what differs', () => {
  expect(renderView(buildView({ verification }))).toContain(
    'source 5,004, target 5,002, compared 5,002: no difference beside the 2 set aside',
  );
  expect(renderFindings({ findings: [{ kind: 'missing', count: 3, ids: [] }], setAside: 0 })).toBe('3 missing');
});

test('a pass that looks again is shown as such, and not as how far the migration is', () => {
  const again = { ...progress, pass: { number: 7, kind: 'sync' as const }, points: 10 };
  const ready = buildView({ phase: 'ready', verification, progress: again });
  expect(renderView(ready)).toMatch(/^sync +10 of 1,000 points/m);
  expect(renderList({ migrations: [ready], unreadable: [] })).toContain('5,002/5,004');
  expect(renderList({ migrations: [buildView()], unreadable: [] })).toContain('250/1,000');
  expect(
    renderList({
      migrations: [buildView({ phase: 'preparing', progress: { ...progress, pass: null, points: 0, sourcePoints: 0 } })],
      unreadable: [],
    }),
  ).not.toContain('0/0');
});

test('a price that nobody knows is said once, and in no line of progress', () => {
  const unpriced = { ...progress, costUsd: null };
  expect(renderProgress(unpriced)).toBe('250 of 1,000 points, 50 points/s, ETA 15 s');
  expect(renderView(buildView({ progress: unpriced })).match(/price/g)).toEqual(['price']);
});

test('a view says how a vector that is being filled in may be asked, and the code for it where it is known', () => {
  const code = { python: 'hits = 1', typescript: 'const points = 1;', rest: 'POST /x' };
  const bridge = { old: '', fresh: 'new', candidates: 200, says: 'Applications may ask "new" at once.', code };
  expect(renderView(buildView({ bridge }))).toMatch(/^bridge +Applications may ask "new" at once\.$/m);
  expect(renderBridgeCode(buildView({ bridge })).join('\n')).toContain('  REST:\n    POST /x');
  expect(renderBridgeCode(buildView({ bridge: { ...bridge, code: null } })).join('')).toBe(
    'It is not known what embeds a query for "new".',
  );
  expect(renderView(buildView())).not.toContain('bridge');
  expect(renderBridgeCode(buildView()).join('')).toContain('No vector is being filled in');
});
