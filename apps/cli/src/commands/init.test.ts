import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { setScene } from '../migration.fixture.ts';
import { runInProcess } from '../start-cli.fixture.ts';

test('init two-step prints a spec for the collection behind an alias that plan finds nothing wrong with', { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 3 });
  const how = ['--source', scene.alias, '--model', 'hash/32', '--text', '{{title}}\\n{{title}}'];
  const { exit, out } = await runInProcess(['init', 'two-step', ...how], scene.env);
  expect(exit).toBe(0);
  expect(out).toMatch(/^# A two-step switch\./);
  expect(parse(out)).toMatchObject({
    source: { collection: scene.source },
    target: { alias: scene.alias },
    vectors: { '': { keep: '' }, new: { embed: { model: 'hash/32', text: '{{title}}\n{{title}}' } } },
  });

  await writeFile(scene.specFile, out);
  const plan = await runInProcess(['plan', scene.specFile], scene.env);
  expect(plan.out).not.toContain('Blockers');
  expect(plan).toMatchObject({ exit: 0 });
  expect(plan.out).toContain('the switch takes two steps');
});
