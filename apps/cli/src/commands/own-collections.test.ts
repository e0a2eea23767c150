import { writeFile } from 'node:fs/promises';
import { isOwnCollection } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { runInProcess } from '../start-cli.fixture.ts';

const own = 'reembed.m-nobody.set-aside';

test("reembed's own collections are listed to nobody, and are refused by name to whoever types one", { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 3 });
  await scene.collections.create(own, { vectors: {} });
  try {
    const spec = {
      source: { collection: own },
      target: { collection: 'x' },
      vectors: { new: { embed: { model: 'hash/32', text: '{{title}}' } } },
    };
    await writeFile(scene.specFile, JSON.stringify(spec));
    const model = ['--model', 'hash/32', '--text', '{{title}}'];
    const typed = [
      ['plan', scene.specFile],
      ['init', 'two-step', '--source', own, ...model],
      ['alias', 'create', 'mine', own],
      ['doctor', own],
      ['requantize', own, '--to', 'scalar'],
      [
        'adapter',
        'fit',
        '--source',
        own,
        '--vector',
        '',
        '--model',
        'hash/32',
        '--text',
        '{{title}}',
        '--out',
        `${scene.specFile}.map.json`,
      ],
    ];
    for (const words of typed) {
      const { exit, out, err } = await runInProcess(words, scene.env);
      expect.soft([words[0], exit, `${out}${err}`]).toEqual([words[0], 2, expect.stringMatching(/reembed\s+keeps\s+its\s+own\s+records/)]);
    }
    await writeFile(scene.specFile, JSON.stringify({ ...spec, source: { collection: 'no-such-collection' } }));
    for (const words of typed.map((one) => one.map((word) => (word === own ? 'no-such-collection' : word)))) {
      const { exit, out, err } = await runInProcess(words, scene.env);
      expect.soft([words[0], exit]).not.toEqual([words[0], 0]);
      const named = `${out}${err}`.match(/reembed\.[\w.-]+/g) ?? [];
      expect.soft([words[0], named.filter((name) => isOwnCollection(name.replace(/\.$/, '')))]).toEqual([words[0], []]);
    }
  } finally {
    await scene.collections.drop(own);
  }
});
