import { startTestQdrant } from '@reembed/testkit';
import { startGrpcFacade } from '@reembed/testkit/servers/grpc-facade';
import { expect, test } from 'vitest';
import { differences } from '../support/compare-collections.ts';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet } from '../support/fleet.ts';

test('pages go over gRPC, carried or with made vectors, a worker is killed before it writes one, and the target equals the source', async () => {
  await using local = await startTestQdrant();
  await using facade = await startGrpcFacade(local.url);
  const qdrant = { ...local, grpcUrl: facade.url };
  await using fleet = await startFleet({ qdrant, workers: 0, concurrency: 1 });
  const { http, api } = fleet;
  const made = await documentMigration(fleet, { points: 400 });
  const kept = { ...made.spec, target: { collection: fleet.name('kept') }, name: fleet.name('kept'), vectors: { '': { keep: '' } } };
  const doomed = await fleet.startWorker({ at: 'before', act: 'points.insertOnly', nth: 3, how: 'kill' });
  const { id } = await api.submit({ ...kept, copy: { ...kept.copy, transport: 'grpc' } });
  expect(await doomed.hit()).toContain(`"reembed.${id}.1"`);
  await doomed.exited();
  await fleet.startWorker();
  await api.until(id, 'ready');
  expect(await differences({ http, source: made.source, target: kept.target.collection, vectors: kept.vectors, keyOrder: 'lost' })).toEqual(
    [],
  );
  const scrolled = () => facade.calls.filter(({ path }) => path.endsWith('/Scroll')).length;
  expect(scrolled()).toBeGreaterThanOrEqual(16);

  const before = scrolled();
  const second = await api.submit({ ...made.spec, copy: { ...made.spec.copy, transport: 'grpc' } });
  await api.until(second.id, 'ready');
  expect(await made.differences({ keyOrder: 'lost' })).toEqual([]);
  // Texts were read over REST; both sides, 16 pages each, were compared as bytes.
  expect(scrolled()).toBeGreaterThanOrEqual(before + 32);
  const writes = facade.calls.filter(({ path, body }) => path.endsWith('/Upsert') && body.includes(`reembed.${second.id}.1`));
  expect(writes).toHaveLength(16);
});
