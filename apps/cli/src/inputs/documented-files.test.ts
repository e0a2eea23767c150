import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessSchema } from '@reembed/contracts';
import { parseReembedConfig } from '@reembed/embedders';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadSpec } from './load-spec.ts';

// What a reader copies out of a page into a file of his own. docs/providers.md has a test beside the providers.

const root = fileURLToPath(new URL('../../../../', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reembed-pages-'));
});
afterAll(() => rm(folder, { recursive: true }));

function yamlOf(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = '']) => block);
}

/** Other examples show a part of a spec, or a configuration. */
function isWholeSpec(block: string): boolean {
  return ['name', 'source', 'target', 'vectors'].every((field) => new RegExp(`^${field}:`, 'm').test(block));
}

const pages = globSync(['README.md', 'apps/cli/README.md', 'docs/**/*.md'], { cwd: root });
const specs = pages.flatMap((page) =>
  yamlOf(page)
    .filter(isWholeSpec)
    .map((block): [string, string] => [page, block]),
);

test('pages show whole specs', () => {
  expect(specs.map(([page]) => page)).toEqual(
    expect.arrayContaining(['README.md', 'docs/spec.md', 'docs/coming-from.md', 'docs/how-to/pace.md']),
  );
});

test.each(specs)('a spec that %s shows is a valid one', async (_, block) => {
  await writeFile(join(folder, 'spec.yaml'), block);
  await loadSpec(join(folder, 'spec.yaml'));
});

test('the hooks that their page shows are valid', () => {
  const [block = ''] = yamlOf('docs/how-to/hooks.md');
  expect(parseReembedConfig(block, 'reembed.config.yaml').hooks).toHaveLength(3);
});

test.each(yamlOf('docs/how-to/people.md'))('what the page on people shows of access.yaml is valid: %s', (block) => {
  expect(accessSchema.safeParse(parse(block)).error).toBeUndefined();
});
