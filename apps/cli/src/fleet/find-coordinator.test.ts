import { spawnSync } from 'node:child_process';
import { type MigrationView, metadataKeys, type OwnerMetadata, readOwner } from '@reembed/contracts';
import { reembed } from '@reembed/core';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { runToEnd } from '../start-cli.fixture.ts';
import { ownFleet } from './find-coordinator.ts';
import { thisProcess } from './ownership.ts';

const twoMinutes = 120_000;

/** A migration that is ready, whose fleet has ended, and what else its target says of its owner. */
async function readyScene(owner: Partial<OwnerMetadata>) {
  const scene = await setScene({ points: 60 });
  const ran = await runToEnd(['run', scene.specFile, '--json', '--workers', '1'], scene.env);
  const { id } = JSON.parse(ran.stdout) as MigrationView;
  const metadata = async () => (await scene.collections.describe(scene.target))?.metadata ?? {};
  const released = readOwner(await metadata());
  await scene.collections.patch(scene.target, { metadata: { [metadataKeys.owner]: { ...released, ...owner } } });
  return { ...scene, id, released, metadata, reembed: (...args: string[]) => runToEnd(args, scene.env) };
}

test('a word about a migration of another fleet is refused, and names it; --take-over gives the word', {
  timeout: twoMinutes,
}, async () => {
  await using on = await readyScene({ name: 'laptop (http://10.0.0.7:8765)', releasedAt: null, endsWith: null });
  expect(on.released).toMatchObject({ releasedAt: expect.any(String) });
  const before = await on.metadata();
  const acts = [['switch'], ['pause'], ['cancel'], ['complete', '--confirm', on.source], ['retry', '--all'], ['late-writes', '--accept']];
  for (const [act = '', ...words] of acts) {
    const { exit, stderr } = await on.reembed(act, on.id, ...words);
    expect({ act, exit, stderr }).toMatchObject({
      exit: 5,
      stderr: expect.stringMatching(/laptop \(http:\/\/10\.0\.0\.7:8765\), last alive at 20/),
    });
    expect(stderr).toContain(reembed(act, on.id, ...words, '--take-over'));
  }
  expect(await on.reembed('run', on.specFile, '--workers', '1')).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining(reembed('run', on.specFile, '--workers', '1', '--take-over')),
  });
  expect(await on.metadata()).toEqual(before);
  const { exit, stdout } = await on.reembed('switch', on.id, '--take-over');
  expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringContaining('taken over from laptop') });
  expect((await on.collections.aliases()).get(on.alias)).toBe(on.target);
});

test('a run of this machine that was killed with its fleet and its Redis leaves nothing that needs a word', {
  timeout: twoMinutes,
}, async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const endsWith = thisProcess()?.replace(/#.*/, `#${pid}`) ?? null;
  await using on = await readyScene({ releasedAt: null, endsWith });
  expect(await on.reembed('run', on.specFile, '--workers', '1')).toMatchObject({ exit: 0, stderr: '' });
  await on.collections.patch(on.target, {
    metadata: { [metadataKeys.owner]: { ...on.released, releasedAt: null, endsWith: thisProcess() } },
  });
  const { exit, stderr } = await on.reembed('switch', on.id);
  // That one lives: it is this very process.
  expect({ exit, stderr }).toMatchObject({ exit: 5, stderr: expect.stringContaining('[other-fleet]') });
});

test('a fleet that a command brings is of whoever starts it, whatever the shell says of people and certificates', {
  timeout: twoMinutes,
}, async () => {
  await using scene = await setScene({ points: 1 });
  const elsewhere = { REEMBED_ACCESS: 'people.yaml', REEMBED_TLS_CERT: 'tls.crt', REEMBED_TLS_KEY: 'tls.key' };
  const env = { ...scene.env, ...elsewhere };
  const started: string[] = [];
  const cli = { env, verbose: false, err: (line: string) => void started.push(line) };
  await using access = await ownFleet(cli, scene.env.QDRANT_URL ?? '', 0);
  expect([await access.api.answers(), started]).toEqual([true, []]);
});
