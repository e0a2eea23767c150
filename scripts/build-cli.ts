import { cpSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, external, publishedEntries } from './bundle.ts';
import { engines, repositoryOf } from './published-manifest.ts';

/**
 * Makes the published command line, in `apps/cli/dist` or the folder that is named: coordinator, worker, gateway and all that they need in a few
 * files, so that it installs in seconds. What it needs beside them are the packages that no bundle takes, and the licences of those that it took
 * are in it.
 */

type Dependencies = Readonly<Record<string, string>>;
type Manifest = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Dependencies;
  readonly optionalDependencies?: Dependencies;
  readonly peerDependencies?: Dependencies;
  readonly peerDependenciesMeta?: Readonly<Record<string, unknown>>;
};

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'apps/cli');
const dist = resolve(process.argv[2] ?? join(cli, 'dist'));

const bundled = await bundle(dist, publishedEntries);
for (const file of [join(root, 'LICENSE'), join(cli, 'README.md')]) cpSync(file, join(dist, basename(file)));
writeFileSync(join(dist, 'third-party-licences.txt'), licencesOf(bundled));
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published(), null, 2)}\n`);

function published(): object {
  const workspaces = globSync('{apps,packages}/*/package.json', { cwd: root })
    .filter((path) => !/testkit|simulation/.test(path))
    .map((path) => read(join(root, path)));
  const { name, version, type, license, description, keywords } = read(join(cli, 'package.json'));
  return {
    name,
    version,
    type,
    license,
    description,
    keywords,
    ...repositoryOf('apps/cli'),
    bin: { reembed: 'apps/cli/bin/reembed.js' },
    dependencies: outside(workspaces, 'dependencies'),
    optionalDependencies: outside(workspaces, 'optionalDependencies'),
    peerDependencies: outside(workspaces, 'peerDependencies'),
    peerDependenciesMeta: Object.assign({}, ...workspaces.map(({ peerDependenciesMeta = {} }) => peerDependenciesMeta)),
    engines,
  };
}

/** What workspaces depend on and no bundle takes. */
function outside(workspaces: readonly Manifest[], kind: 'dependencies' | 'optionalDependencies' | 'peerDependencies'): object {
  const all = workspaces.flatMap((manifest) => Object.entries(manifest[kind] ?? {})).filter(([name]) => external.test(name));
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The licence of every package that a file is of: most want to be passed on with what they are in. */
function licencesOf(files: readonly string[]): string {
  const folders = new Set(files.map((file) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? ''));
  return [...folders]
    .toSorted()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n`);
}

function licenceOf(folder: string): string {
  const { name, version, license } = read(join(folder, 'package.json'));
  const texts = globSync(['{LICEN[SC]E,licen[sc]e,NOTICE,COPYING}*'], { cwd: folder }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
  return [`${name} ${version}: ${license}`, ...texts.map((file) => readFileSync(join(folder, file), 'utf8').trim())].join('\n\n');
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
