import { describe, expect, it } from 'vitest';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const hourMs = 3_600_000;

async function ready() {
  const on = await startFleet();
  await on.submit();
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  return on;
}

describe.each([
  ['back', -hourMs],
  ['forwards', hourMs],
])('a wall clock that is set %s by an hour', (_, jumpMs) => {
  it('does not keep a migration that is ready from following its source', async () => {
    const on = await ready();
    for (const body of ['once', 'twice']) {
      on.clock.jump(jumpMs);
      on.stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: JSON.stringify({ body }), vectors: { '': '[1.0,0.0]' } }]);
      const before = on.clock.monotonicMs();
      await on.follow();
      expect(on.clock.monotonicMs() - before).toBeLessThan(60_000);
      expect(await on.load()).toMatchObject({ phase: 'ready', lag: { differences: 1 } });
    }
  });

  it('is no time a pass took, so that nobody rests four times as long', async () => {
    const on = await ready();
    on.clock.advance(10_000);
    await on.step();
    expect((await on.load()).pass).not.toBeNull();
    on.clock.jump(jumpMs);
    await on.follow();
    const { lag } = await on.load();
    expect(lag?.tookMs).toBeGreaterThanOrEqual(0);
    expect(lag?.tookMs).toBeLessThan(10_000);
  });
});

it('a wall clock that jumps between any two steps changes nothing of a migration, a hold on its writers included', async () => {
  const on = await startFleet({ points: docs(30) });
  const freeze = { url: 'http://writers.example/hold', timeoutMs: 30_000 };
  await on.submit(buildSpec({ switch: { mode: 'auto', freeze } }));
  for (let steps = 0; (await on.load()).phase !== 'observing'; steps++) {
    if (steps > 200) throw new Error(`it does not come to rest: ${on.phases.join(', ')}`);
    on.clock.jump(steps % 2 === 0 ? hourMs : -2 * hourMs);
    await on.step();
    await on.work();
  }
  expect(on.phases).toEqual(['copying', 'indexing', 'verifying', 'ready', 'switching', 'observing']);
  expect(on.freezeHook.asked.filter((word) => word === 'hold')).toHaveLength(1);
  expect(await on.alias()).toBe('docs_v2');
});
