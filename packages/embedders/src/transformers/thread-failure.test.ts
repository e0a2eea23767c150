import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failWith, packageMissing, packageVersions } from './thread-failure.ts';

it('names the packages as package.json has them', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest.peerDependencies).toEqual(packageVersions);
  expect(Object.keys(manifest.peerDependenciesMeta).toSorted()).toEqual(Object.keys(packageVersions).toSorted());
});

it('says which package is missing and how it is installed', async () => {
  const name = '@huggingface/not-installed';
  const failure = await import(name).catch((cause: unknown) => failWith('package-missing', cause)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'package-missing' });
  expect(() => failWith('not-loaded', failure)).toThrow(failure as Error);
  const error = packageMissing('transformers/mine', failure);
  expect(error).toMatchObject({ code: 'model-missing', retry: 'never' });
  expect(error.message).toMatch(/transformers\/mine .*@huggingface\/not-installed.*npm install .*@huggingface\/transformers@\d/);
});
