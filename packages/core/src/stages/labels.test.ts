import { metadataKeys, type Phase, type SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

const queries = Array.from({ length: 500 }, (_, at) => ({ id: `q${at}`, text: `what people search for, number ${at}` }));
const qrels = queries.map(({ id }, at) => ({ query: id, document: String((at % 7) + 1), relevance: 1 }));
const spec = (change: Partial<SpecInput> = {}) => buildSpec({ gates: { queries, qrels, sampledPoints: 0 }, ...change });

const metadataOf = async (on: OnFleet) => (await on.stores.collections.describe('docs_v2'))?.metadata ?? {};

/** A migration of which the target's metadata tells and this fleet knows nothing. */
async function orphaned(): Promise<OnFleet> {
  const on = await startFleet();
  await on.submit(spec());
  await on.until('copying');
  await on.step();
  on.loseRedis();
  return on;
}

async function toMetadata(on: OnFleet, change: object): Promise<void> {
  const stored = (await metadataOf(on))[metadataKeys.migration] as object;
  await on.stores.collections.patch('docs_v2', { metadata: { [metadataKeys.migration]: { ...stored, ...change } } });
}

async function saysPhase(on: OnFleet, phase: Phase): Promise<void> {
  const stored = (await metadataOf(on))[metadataKeys.phase] as object;
  await on.stores.collections.patch('docs_v2', { metadata: { [metadataKeys.phase]: { ...stored, phase } } });
}

describe('labelled queries', () => {
  it('are not in the metadata, and whoever adopts the migration has them all the same', async () => {
    const on = await orphaned();
    expect(JSON.stringify(await metadataOf(on))).not.toContain('what people search for');
    expect(await adoptTarget(on.deps, 'docs_v2')).toMatchObject({ how: 'adopted' });
    expect((await on.load()).spec.gates).toEqual(spec().gates);
    expect(JSON.stringify(await metadataOf(on))).not.toContain('what people search for');
  });

  it('are taken from metadata that an older version wrote, and are not there any more afterwards', async () => {
    const on = await orphaned();
    await toMetadata(on, { spec: spec(), labels: undefined });
    expect(await adoptTarget(on.deps, 'docs_v2')).toMatchObject({ how: 'adopted' });
    expect((await on.load()).spec.gates).toEqual(spec().gates);
    expect(JSON.stringify(await metadataOf(on))).not.toContain('what people search for');
  });

  it.each<Phase>(['copying', 'indexing', 'verifying', 'syncing', 'ready', 'paused', 'switching'])(
    'that are gone stop the adoption of what is %s, since gates without them would let everything pass',
    async (phase) => {
      const on = await orphaned();
      await on.deps.records.forget('m1');
      await saysPhase(on, phase);
      const before = await metadataOf(on);
      await expect(adoptTarget(on.deps, 'docs_v2')).rejects.toMatchObject({
        code: 'metadata-damaged',
        message: expect.stringContaining('reembed run'),
      });
      expect(await metadataOf(on)).toEqual(before);
    },
  );

  it('that are gone stop nothing once it has switched, when no gate is measured any more', async () => {
    const on = await orphaned();
    await on.deps.records.forget('m1');
    await saysPhase(on, 'observing');
    expect(await adoptTarget(on.deps, 'docs_v2')).toMatchObject({ how: 'adopted', migration: { phase: 'observing' } });
  });

  it('come back with the spec, where that is submitted again', async () => {
    const on = await orphaned();
    await on.deps.records.forget('m1');
    expect(await on.submit(spec())).toMatchObject({ how: 'adopted', migration: { id: 'm1', spec: spec() } });
    on.loseRedis();
    expect(await adoptTarget(on.deps, 'docs_v2')).toMatchObject({ migration: { spec: spec() } });
  });
});
