import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { reembed } from '../support/built.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, somePoints } from '../support/source-collection.ts';

const run = promisify(execFile);

/** Every command that only looks. `compare` embeds its queries itself where no coordinator is known. */
const looks = (id: string) => [
  ['list'],
  ['status', id],
  ['report', id],
  ['failures', id],
  ['late-writes', id],
  ['compare', id, 'a document'],
];

/** Once the phase it rests in has been announced and recorded, nothing is written by itself any more. */
function atRest({ http, state }: Fleet, id: string) {
  return eventually(`the phase of ${id} is recorded`, async () => {
    const { announced = 0, phaseNumber = -1 } = (await state.migrations.load(id)) ?? {};
    const kept = JSON.stringify(await http.scroll('reembed.migrations'));
    return (announced === phaseNumber && kept.includes(`phaseNumber\\":${phaseNumber}`)) || null;
  });
}

/** Everything that is kept anywhere, but when the owner was last alive, which it goes on saying. */
async function everything({ http, state }: Fleet, id: string) {
  const { collections } = (await http.call('GET', '/collections')) as { collections: { name: string }[] };
  const described = await Promise.all(
    collections.map(async ({ name }) => {
      const { config, points_count } = (await http.call('GET', `/collections/${name}`)) as { config: object; points_count: number };
      const points = name.startsWith('reembed.') ? await http.scroll(name) : null;
      return [name, JSON.stringify(config).replace(/"aliveAt":"[^"]*"/, ''), points_count, points] as const;
    }),
  );
  return {
    collections: described.sort(([a], [b]) => (a < b ? -1 : 1)),
    aliases: await http.aliases(),
    document: await state.migrations.load(id),
  };
}

test('reads from a shell that knows the Qdrant and not the coordinator leave migration, metadata, aliases and the fleet as they were', async () => {
  await using fleet = await startFleet();
  const { api, qdrant } = fleet;
  const [source, target] = [fleet.name('source'), fleet.name('target')];
  const vector = () => JSON.stringify(Array.from({ length: 16 }, (_, at) => at + 1));
  await createSource(fleet.http, source, { vectors: { size: 16, distance: 'Dot' } }, somePoints(200, 'integers', vector));
  const { id } = await api.submit({
    name: 'two shells',
    source: { collection: source, vectors: { '': { model: 'hash/16', text: '{{title}}' } } },
    target: { collection: target },
    vectors: { '': { embed: { model: 'hash/64', text: '{{title}}' } } },
  });
  const shells = [{ QDRANT_URL: qdrant.url, REEMBED_URL: 'http://127.0.0.1:9' }, { REEMBED_URL: fleet.coordinatorUrl() }];
  const look = async () => {
    await atRest(fleet, id);
    const before = await everything(fleet, id);
    for (const env of shells)
      for (const args of looks(id)) {
        const { stdout, stderr } = await run(process.execPath, [reembed, ...args, '--json'], { env });
        expect(JSON.parse(stdout)).toBeTypeOf('object');
        expect(stderr).toMatch(env.REEMBED_URL === fleet.coordinatorUrl() ? /^$/ : /this is what Qdrant at .* keeps/);
      }
    expect(await everything(fleet, id)).toEqual(before);
  };
  await api.until(id, 'ready');
  await api.command(id, 'pause');
  await api.until(id, 'paused');
  await look();
  await api.command(id, 'resume');
  await api.until(id, 'ready');
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await look();
  await api.command(id, 'complete', { confirm: source });
  expect(await api.until(id, 'completed')).toMatchObject({ error: null });
});
