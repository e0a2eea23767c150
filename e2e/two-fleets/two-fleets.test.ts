import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SubmitReply } from '@reembed/contracts';
import { expect, test } from 'vitest';
import type { AppProcess } from '../support/app-process.ts';
import { reembed } from '../support/built.ts';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

/** The command line in the shell of somebody who uses this coordinator. */
async function at({ env }: Fleet, { name }: AppProcess, words: readonly string[]) {
  const ran = promisify(execFile)(process.execPath, [reembed, ...words], { env: { ...env, REEMBED_URL: name } });
  return ran.then(
    ({ stdout }) => ({ exit: 0, said: stdout }),
    (error: { code: number; stderr: string }) => ({ exit: error.code, said: error.stderr }),
  );
}

test('two fleets on one Qdrant: what belongs to one is refused to the other by name, taken over on a word, and taken back; nothing is lost or paid twice', async () => {
  await using one = await startFleet({ ownRedis: true, coordinators: 0 });
  await using two = await startFleet({ ownRedis: true, coordinators: 0, qdrant: one.qdrant, stubProvider: one.stub });
  const [first, second] = [await one.startCoordinator(), await two.startCoordinator()];
  const migration = await documentMigration(one, { points: 400, model: 'stub' });
  const { id } = await one.api.submit(migration.spec);
  await one.api.until(id, 'ready');

  const adopt = ['adopt', migration.target];
  const refused = await at(two, second, adopt);
  expect(refused).toMatchObject({ exit: 5, said: expect.stringContaining('[other-fleet]') });
  expect(refused.said).toContain(`${first.name}), last alive at 20`);
  expect((await two.api.refused(migration.spec)).body).toMatchObject({ code: 'other-fleet', message: expect.stringContaining(first.name) });
  expect((await one.api.view(id)).phase).toBe('ready');

  const taken = await at(two, second, [...adopt, '--take-over', '--json']);
  expect(JSON.parse(taken.said) as SubmitReply).toMatchObject({ id, how: 'adopted', phase: 'ready' });
  const lost = await eventually('the first fleet says that it has lost it', async () => {
    const view = await one.api.view(id);
    return view.error === null ? null : view;
  });
  expect(lost).toMatchObject({ phase: 'failed', error: { code: 'superseded' }, possible: [] });
  expect(lost.next).toContain(second.name);
  expect((await one.api.refusedCommand(id, 'switch')).body.code).toBe('superseded');
  expect((await two.api.view(id)).phase).toBe('ready');

  const [, back = ''] = /`reembed ([^`]* --take-over)`/.exec(lost.next) ?? [];
  expect(await at(one, first, back.split(' '))).toMatchObject({ exit: 0 });
  await one.api.until(id, 'ready');
  expect(await at(one, first, ['switch', id])).toMatchObject({ exit: 0, said: expect.stringContaining('observing') });
  expect((await one.http.aliases())[migration.alias]).toBe(migration.target);
  expect(await migration.differences()).toEqual([]);
  await eventually('the second fleet says that it has lost it', async () =>
    (await two.api.view(id)).error?.code === 'superseded' ? true : null,
  );
  const texts = one.stub.log.flatMap((request) => request.texts).filter((text) => text.includes('\n\n'));
  expect(texts.length).toBeGreaterThanOrEqual(400);
  expect(new Set(texts).size).toBe(texts.length);
});
