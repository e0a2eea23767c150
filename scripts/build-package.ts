import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engines, repositoryOf } from './published-manifest.ts';

/**
 * Makes `dist/` of the workspace it is run in: the folder that is published, a package with JavaScript, types and a manifest that names
 * them. The workspace's own manifest goes on naming the sources, which run as they are: docs/adr/0004-what-is-published-is-dist.md.
 */

type Manifest = Readonly<Record<string, unknown>> & {
  /** Sources by the path they are imported under, or that of the only one. */
  readonly exports?: string | Readonly<Record<string, string>>;
  /** What is published besides code, readme and license. */
  readonly files?: readonly string[];
};

const directory = relative(fileURLToPath(new URL('..', import.meta.url)), process.cwd());
const license = fileURLToPath(new URL('../LICENSE', import.meta.url));
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

rmSync('dist', { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of [...(manifest.files ?? []), ...globSync('README.md')]) cpSync(file, `dist/${file}`, { recursive: true });
cpSync(license, 'dist/LICENSE');
writeFileSync('dist/package.json', `${JSON.stringify(published(manifest), null, 2)}\n`);

/** Everything in the folder is published, so nothing has to say what is, or to hold it back. */
function published({ private: _private, files: _files, scripts: _scripts, devDependencies: _dev, exports, ...rest }: Manifest): object {
  return { ...rest, ...repositoryOf(directory), ...(exports === undefined ? {} : { exports: builtExports(exports) }), engines };
}

function builtExports(exports: string | Readonly<Record<string, string>>): object {
  const paths = Object.entries(typeof exports === 'string' ? { '.': exports } : exports);
  // Tests of other workspaces share fixtures, which are not published.
  const built = paths.filter(([, source]) => !source.endsWith('.fixture.ts'));
  return Object.fromEntries(built.map(([path, source]) => [path, builtFile(source)]));
}

/** `types` comes first, as TypeScript reads the conditions in their order. */
function builtFile(source: string): object {
  return { types: source.replace(/\.ts$/, '.d.ts'), default: source.replace(/\.ts$/, '.js') };
}
