import { setTimeout as sleep } from 'node:timers/promises';
import { isListening } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { type RunningCli, runToEnd, startCli } from '../start-cli.fixture.ts';

const twoMinutes = 120_000;

test('run copies, verifies, ends at ready, and says what to do next, which works when its fleet has ended, and so does what comes after it; until then the alias stays', {
  timeout: twoMinutes,
}, async () => {
  await using scene = await setScene({ points: 700 });
  const pointsAt = async () => (await scene.collections.aliases()).get(scene.alias);
  const { exit, stdout, stderr } = await runToEnd(['run', scene.specFile], scene.env);
  expect(stderr).toBe('');
  expect(exit).toBe(0);
  expect(stdout).toMatch(/Embed queries with hash\/64/);
  const [, id = ''] = /Next: .*reembed switch (m[0-9a-f]+)/.exec(stdout) ?? [];
  expect(await scene.collections.count(scene.target)).toBe(700);
  expect(await pointsAt()).toBe(scene.source);
  expect(await runToEnd(['switch', id], scene.env)).toMatchObject({ exit: 0, stderr: '' });
  expect(await pointsAt()).toBe(scene.target);
  expect(await runToEnd(['complete', id, '--confirm', 'another'], scene.env)).toMatchObject({ exit: 5 });
  expect(await scene.collections.names()).toContain(scene.source);
  expect(await runToEnd(['rollback', id], scene.env)).toMatchObject({ exit: 0, stderr: '' });
  expect(await pointsAt()).toBe(scene.source);
});

test('with --switch it goes on until the alias has moved, and once more changes nothing', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 300 });
  for (let run = 0; run < 2; run++) {
    const { exit, stdout } = await runToEnd(['run', scene.specFile, '--switch', '--json', '--workers', '1'], scene.env);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ phase: 'observing', source: scene.source, target: scene.target });
    expect((await scene.collections.aliases()).get(scene.alias)).toBe(scene.target);
  }
});

test('a spec that is blocked names field and value, and nothing is created', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 10 });
  await scene.collections.create(scene.target, { vectors: { size: 4, distance: 'Dot' } });
  const { exit, stderr } = await runToEnd(['run', scene.specFile, '--workers', '1'], scene.env);
  expect(exit).toBe(2);
  expect(stderr).toMatch(/\[plan-blocked\]\n {2}target\.collection \("new-/);
});

test('workers, coordinator and Redis of a killed run end with it, and the next run goes on', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 12_000, pagePoints: 16 });
  const cli = startCli(['run', scene.specFile, '--verbose'], scene.env);
  const [, redis] = await cli.output(/Redis: \w+ at (\S+)/);
  await cli.output(/works on migration \S+: copying/);
  cli.child.kill('SIGKILL');
  expect(await cli.ended).toBe('SIGKILL');
  const pids = pidsOf(cli);
  // A coordinator and two workers; what plans and what judges has a process of its own, and logs where it has something to say.
  expect(pids.size).toBeGreaterThanOrEqual(3);
  expect(await scene.collections.count(scene.target)).toBeLessThan(12_000);
  for (const pid of pids) await until(() => !isAlive(pid));
  await until(async () => !(await isListening(`redis://${redis}`)));
  expect(await runToEnd(['run', scene.specFile], scene.env)).toMatchObject({ exit: 0 });
  expect(await scene.collections.count(scene.target)).toBe(12_000);
});

test('Ctrl-C stops everything in order and ends with 130', { timeout: twoMinutes }, async () => {
  await using scene = await setScene({ points: 12_000, pagePoints: 16 });
  const cli = startCli(['run', scene.specFile, '--verbose'], scene.env);
  const [, redis] = await cli.output(/Redis: \w+ at (\S+)/);
  await cli.output(/works on migration \S+: copying/);
  cli.child.kill('SIGINT');
  expect(await cli.ended).toBe(130);
  for (const pid of pidsOf(cli)) expect(isAlive(pid)).toBe(false);
  expect(await isListening(`redis://${redis}`)).toBe(false);
});

/** Every log line of a child carries its process id. */
function pidsOf(cli: RunningCli): Set<number> {
  return new Set([...cli.stderr().matchAll(/^(?:worker \d|coordinator): \{.*"pid":(\d+)/gm)].map((match) => Number(match[1])));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The test's own time limit ends it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
