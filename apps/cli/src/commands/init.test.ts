import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { setScene } from '../migration.fixture.ts';
import { runToEnd } from '../start-cli.fixture.ts';

test('init two-step prints a spec for the collection behind an alias that plan finds nothing wrong with', { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 3 });
  const how = ['--source', scene.alias, '--model', 'hash/32', '--text', '{{title}}\\n{{title}}'];
  const { exit, stdout } = await runToEnd(['init', 'two-step', ...how], scene.env);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^# A two-step switch\./);
  expect(parse(stdout)).toMatchObject({
    source: { collection: scene.source },
    target: { alias: scene.alias },
    vectors: { '': { keep: '' }, new: { embed: { model: 'hash/32', text: '{{title}}\n{{title}}' } } },
  });

  await writeFile(scene.specFile, stdout);
  const plan = await runToEnd(['plan', scene.specFile], scene.env);
  expect(plan.stdout).not.toContain('Blockers');
  expect(plan).toMatchObject({ exit: 0 });
  expect(plan.stdout).toContain('the switch takes two steps');
});
