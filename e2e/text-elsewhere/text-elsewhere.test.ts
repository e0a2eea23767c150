import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStubTextService, stubVector } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { differences } from '../support/compare-collections.ts';
import { documentMigration } from '../support/document-migration.ts';
import { type Fleet, startFleet, stubModel } from '../support/fleet.ts';

const points = 400;
/** What is said of a point elsewhere; its payload has a title, too. */
const textOf = (id: string) => `what is said of ${id}`;

/** Documents whose vector is made of the payload's title and a text that is elsewhere. */
async function migrationOf(fleet: Fleet, textFrom: object) {
  const { source, target, spec } = await documentMigration(fleet, { points, model: 'stub' });
  const embed = { model: stubModel.name, text: '{{title}}: {{text}}' };
  const made = ({ id, payload }: { id: string; payload: string }) => {
    const text = `${(JSON.parse(payload) as { title: string }).title}: ${textOf(id.replaceAll('"', ''))}`;
    return stubVector(stubModel.providerName, '', text, stubModel.dimensions);
  };
  const vectors = { '': { keep: '' }, new: { derive: made } };
  return {
    source,
    spec: { ...spec, source: { ...spec.source, textFrom }, vectors: { '': { keep: '' }, new: { embed } } },
    differences: () => differences({ http: fleet.http, source, target, vectors }),
  };
}

test('texts of a service that stumbles, and a worker that is killed: every vector is of the text of its point', async () => {
  await using service = await startStubTextService(textOf);
  await using fleet = await startFleet({ workers: 0, textSources: [{ url: service.url, requestTimeoutMs: 500 }] });
  const migration = await migrationOf(fleet, { url: service.url });
  const { id } = await fleet.api.submit(migration.spec);
  service.script(
    { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    { kind: 'status', status: 503 },
    { kind: 'hung' },
    { kind: 'hung', after: 'body' },
    { kind: 'dropped' },
    { kind: 'answer', body: '{"texts": []}' },
  );
  const killed = await fleet.startWorker({ at: 'after', act: 'points.insertOnly', nth: 3, how: 'kill' });
  await killed.hit();
  await fleet.startWorker();
  expect((await fleet.api.until(id, 'ready')).progress).toMatchObject({ setAside: 0, ranges: { failed: 0 } });
  expect(await migration.differences()).toEqual([]);
  const statuses = service.log.map(({ status }) => status);
  expect(statuses).toEqual(expect.arrayContaining([200, 429, 503]));
  expect(statuses.filter((status) => status === null)).toHaveLength(3);
});

test('texts of a file: every vector is of the text of its point', async () => {
  const filesDir = await mkdtemp(join(tmpdir(), 'reembed-files-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(filesDir, { recursive: true, force: true }));
  const fleet = stack.use(await startFleet({ workers: 1, filesDir }));
  const migration = await migrationOf(fleet, { file: 'texts.jsonl' });
  const lines = (await fleet.http.scroll(migration.source)).map(
    ({ id }) => `{"id":${id},"text":${JSON.stringify(textOf(id.replaceAll('"', '')))}}`,
  );
  await writeFile(join(filesDir, 'texts.jsonl'), lines.reverse().join('\n'));
  const { id } = await fleet.api.submit(migration.spec);
  expect((await fleet.api.until(id, 'ready')).progress).toMatchObject({ setAside: 0, ranges: { failed: 0 } });
  expect(await migration.differences()).toEqual([]);
});
