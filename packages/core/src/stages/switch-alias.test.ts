import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { setAsideEntry } from '../domain/set-aside.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';
import { switchAlias } from './switch-alias.ts';

async function ready(spec = buildSpec()) {
  const on = await startFleet();
  await on.submit(spec);
  await on.settle();
  return on;
}

const killed = async () => Promise.reject(new Error('killed'));

describe('the switch', () => {
  it('is one lone alias action, after the fence is closed and everything compared once more', async () => {
    const on = await ready();
    const acts = on.stores.acts.length;
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    const done = on.stores.acts.slice(acts).filter((act) => !act.startsWith('patch') && !act.startsWith('flush'));
    expect(done).toEqual(['pointAlias reembed.m1.3 docs_v2', 'dropAlias reembed.m1.3', 'pointAlias docs docs_v2', 'dropAlias docs.next']);
    expect((await on.load()).verification).toMatchObject({ sourcePoints: 7, targetPoints: 7, compared: 7, findings: [] });
  });

  it('happens once, whether the coordinator dies before or after the alias action', async () => {
    for (const before of [true, false]) {
      const on = await ready();
      await command(on.deps, 'm1', 'switch');
      const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
        if (alias !== 'docs' || !before) await on.deps.collections.pointAlias(alias, collection);
        if (alias === 'docs') await killed();
      };
      await on.settle({ collections: { ...on.deps.collections, pointAlias } }).catch(() => undefined);
      expect(await on.alias()).toBe(before ? 'docs_v1' : 'docs_v2');
      const { phaseNumber } = await on.load();
      await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber });
      await on.settle();
      expect((await on.load()).phase).toBe('observing');
      expect(await on.aliases()).toEqual({ docs: 'docs_v2' });
    }
  });

  it('does not touch an alias that somebody else has moved, and can be resumed once it is back', async () => {
    const on = await ready();
    await on.stores.collections.create('other', { vectors: {} });
    await on.stores.collections.pointAlias('docs', 'other');
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', resumeTo: 'switching' });
    expect((await on.load()).error?.message).toContain('pointed at "docs_v1" when this migration was planned and points at "other" now');
    expect(await on.alias()).toBe('other');
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    await expect(command(on.deps, 'm1', 'resume')).rejects.toMatchObject({
      code: 'confirmation-needed',
      message: expect.stringContaining('`reembed resume m1 --switch` goes on with that and points the alias "docs" at "docs_v2"'),
    });
    await command(on.deps, 'm1', 'resume', { switch: true });
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
  });

  it('does not happen where another migration is seen under way by the same alias: of two that began at once, one goes on', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await on.stores.collections.create('docs_v3', { vectors: {} });
    await on.stores.collections.pointAlias('docs.next', 'docs_v3');
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect(await on.load()).toMatchObject({
      phase: 'failed',
      error: { message: expect.stringContaining('"docs.next" points at "docs_v3"') },
    });
    expect(await on.aliases()).toEqual({ docs: 'docs_v1', 'docs.next': 'docs_v3' });
    await on.stores.collections.dropAlias('docs.next');
    await command(on.deps, 'm1', 'resume', { switch: true });
    await on.settle();
    expect(await on.aliases()).toEqual({ docs: 'docs_v2' });
  });

  it('that failed is not gone on with by another fleet: the word for it has to be given anew', async () => {
    const on = await ready();
    await on.stores.collections.dropAlias('docs');
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'failed', resumeTo: 'switching' });
    await on.stores.collections.pointAlias('docs', 'docs_v1');
    on.loseRedis();
    await adoptTarget(on.deps, 'docs_v2');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'ready' });
    expect(await on.alias()).toBe('docs_v1');
  });

  it('takes a point along that was born since it was verified', async () => {
    const on = await ready();
    on.stores.put('docs_v1', docs(9));
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(await on.alias()).toBe('docs_v2');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(9);
  });

  it('looks again where too much time has passed since it looked', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    let slow = true;
    const aliases: typeof on.deps.collections.aliases = async () => {
      if (slow && (await on.load()).pass !== null) {
        on.clock.advance(60_000);
        slow = false;
      }
      return on.deps.collections.aliases();
    };
    await on.settle({ collections: { ...on.deps.collections, aliases } });
    expect((await on.load()).phase).toBe('observing');
  });

  it('does not happen where a point came to be set aside', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const [point] = on.stores.pointsOf('docs_v1');
    if (point === undefined) throw new Error('no point');
    on.stores.remove('docs_v2', [point.id]);
    await on.state.setAside.put('m1', [setAsideEntry(point, '', 'x', '')]);
    await on.settle();
    expect((await on.load()).phase).toBe('failed');
    expect(await on.alias()).toBe('docs_v1');
  });

  it('makes an alias that was not there', async () => {
    const on = await ready(buildSpec({ target: { collection: 'docs_v2', alias: 'fresh' } }));
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect(await on.aliases()).toEqual({ docs: 'docs_v1', fresh: 'docs_v2' });
  });

  it('needs no alias at all', async () => {
    const on = await ready(buildSpec({ target: { collection: 'docs_v2' } }));
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
  });
});

describe('roll back', () => {
  async function observing(spec = buildSpec()) {
    const on = await ready(spec);
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    return on;
  }

  it('takes the alias back where nothing was written', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.alias()).toBe('docs_v1');
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(7);
  });

  it('takes an alias away that was new', async () => {
    const on = await observing(buildSpec({ target: { collection: 'docs_v2', alias: 'fresh' } }));
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect(await on.aliases()).toEqual({ docs: 'docs_v1' });
  });

  it('lists what was written since, and goes back only on the word that so much may be lost', async () => {
    const on = await observing();
    on.stores.put('docs_v2', [{ id: { kind: 'integer', id: '8' }, payload: '{"body":"new"}', vectors: {} }]);
    on.stores.remove('docs_v2', [{ kind: 'integer', id: '1' }]);
    for (const loseWrites of [undefined, 1]) {
      await command(on.deps, 'm1', 'rollback', { loseWrites });
      await on.settle();
      const { phase, rollback } = await on.load();
      expect([phase, rollback?.writes]).toEqual(['observing', 2]);
      expect(rollback?.findings.map(({ kind }) => kind)).toEqual(['missing', 'extra']);
      expect(await on.alias()).toBe('docs_v2');
    }
    await command(on.deps, 'm1', 'rollback', { loseWrites: 2 });
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
  });

  it('does not use a word that was given for an earlier rollback', async () => {
    const on = await observing();
    on.stores.remove('docs_v2', [
      { kind: 'integer', id: '1' },
      { kind: 'integer', id: '2' },
    ]);
    await command(on.deps, 'm1', 'rollback', { loseWrites: 1 });
    await on.settle();
    on.stores.put('docs_v2', docs(1));
    await command(on.deps, 'm1', 'rollback');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
  });

  it('leaves an alias alone that points at something else by now', async () => {
    const on = await observing();
    await on.stores.collections.create('other', { vectors: {} });
    await command(on.deps, 'm1', 'rollback');
    await on.stores.collections.pointAlias('docs', 'other');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', error: { message: expect.stringContaining('knows nothing') } });
    expect(await on.alias()).toBe('other');
  });

  it('ends rolled back, also when the coordinator dies after the alias went back', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'rollback');
    const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
      await on.deps.collections.pointAlias(alias, collection);
      await killed();
    };
    await on.settle({ collections: { ...on.deps.collections, pointAlias } }).catch(() => undefined);
    const { phaseNumber } = await on.load();
    await on.deps.stageQueue.enqueue({ migrationId: 'm1', phaseNumber });
    await on.settle();
    expect((await on.load()).phase).toBe('rolled-back');
    expect(await on.alias()).toBe('docs_v1');
  });
});

describe('complete', () => {
  async function observing() {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    return on;
  }

  it.each([undefined, '', 'docs_v2', 'docs'])('wants the name of the old collection, not %j', async (confirm) => {
    const on = await observing();
    await expect(command(on.deps, 'm1', 'complete', { confirm })).rejects.toMatchObject({
      code: 'confirmation-needed',
      message: expect.stringContaining('`reembed complete m1 --confirm docs_v1`'),
    });
    expect((await on.load()).phase).toBe('observing');
  });

  it('refuses while an alias points at the old collection', async () => {
    const on = await observing();
    await on.stores.collections.pointAlias('legacy', 'docs_v1');
    const asked = command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await expect(asked).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringContaining('legacy') });
  });

  it.each(['reads', 'writes'])('refuses while another migration %s the old collection', async (how) => {
    const on = await observing();
    const { spec, resolved } = await on.load();
    const other = how === 'reads' ? { resolved } : { resolved: { ...resolved, source: 'x' } };
    const target = how === 'reads' ? 'docs_v3' : 'docs_v1';
    const otherSpec = { ...spec, target: { ...spec.target, collection: target, alias: 'z' } };
    await on.state.migrations.insert({ ...(await on.load()), id: 'm9', phase: 'copying', spec: otherSpec, ...other });
    const asked = command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await expect(asked).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringContaining('m9') });
  });

  it('never deletes the old collection where the new one is gone', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.stores.collections.drop('docs_v2');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(await on.stores.collections.names()).toEqual(['docs_v1']);
  });

  it('is done where the old collection is gone already', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    await on.stores.collections.drop('docs_v1');
    await on.settle();
    expect((await on.load()).phase).toBe('completed');
  });

  it('keeps in the metadata who asked for what', async () => {
    const on = await observing();
    await command(on.deps, 'm1', 'complete', { confirm: 'docs_v1' });
    const target = await on.stores.collections.describe('docs_v2');
    expect(target?.metadata['reembed.decisions']).toMatchObject({ approvals: [{ act: 'switch' }, { act: 'complete' }] });
  });
});

describe('cancel', () => {
  it('is refused where a failed switch has moved the alias', async () => {
    const on = await ready();
    await on.state.migrations.update('m1', (now) => ({ ...now, phase: 'failed', resumeTo: 'switching' }));
    await on.stores.collections.pointAlias('docs', 'docs_v2');
    await expect(command(on.deps, 'm1', 'cancel')).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('`reembed resume m1 --switch` ends the switch; roll it back then'),
    });
  });
});

describe('a switch that two coordinators work on', () => {
  it('is not thrown back by one that still sees an earlier step: no pass, no fence, no step of it stands', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    const early = await on.load();
    while ((await on.load()).cutover !== 'compare') {
      await on.step();
      await on.work();
    }
    await on.step();
    const { pass, cutover } = await on.load();
    expect(pass?.kind).toBe('verify');
    // The one that slept saw the document as it was when the switch began.
    await switchAlias(on.deps, early, new AbortController().signal).catch(() => undefined);
    const now = await on.load();
    expect([now.pass?.number, now.cutover]).toEqual([pass?.number, cutover]);
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
  });

  it('goes on where a pass of another step was left behind', async () => {
    const on = await ready();
    await command(on.deps, 'm1', 'switch');
    while ((await on.load()).cutover !== 'compare') {
      await on.step();
      await on.work();
    }
    await on.state.migrations.update('m1', (now) => ({
      ...now,
      pass: { number: now.lastPassNumber, kind: 'sync', sourcePoints: 7, startedAt: now.updatedAt },
    }));
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(await on.alias()).toBe('docs_v2');
  });
});
