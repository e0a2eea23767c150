import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { endBatches } from './end-batches.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

const batched = { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}', batch: true } } };
const asked = (on: Awaited<ReturnType<typeof startFleet>>) => on.state.modelCalls.asked.filter(({ call }) => call === 'end-batches');

describe('what a migration has on a batch road', () => {
  it('is ended by a worker after a cancel, and nobody waits for it', async () => {
    const on = await startFleet();
    await on.submit(buildSpec());
    await on.until('copying');
    // As a plan with such a road would have let it through.
    await on.state.migrations.update('m1', (now) => ({ ...now, spec: buildSpec({ vectors: batched }) }));
    await command(on.deps, 'm1', 'cancel');
    // No worker takes anything.
    while ((await on.load()).phase !== 'cancelled') await on.step();
    expect(asked(on)).toMatchObject([{ model: 'fake/4', owner: 'm1', since: Date.parse((await on.load()).createdAt) }]);
  });

  it('is swept once all of it is copied, and asked for once however often the stage begins again', async () => {
    const on = await startFleet();
    await on.submit(buildSpec());
    const migration = { ...(await on.load()), spec: buildSpec({ vectors: batched }) };
    await endBatches(on.deps, migration);
    await endBatches(on.deps, migration);
    expect(asked(on)).toHaveLength(1);
    await endBatches(on.deps, { ...migration, spec: buildSpec() });
    expect(asked(on)).toHaveLength(1);
  });
});
