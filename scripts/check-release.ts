import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether every package has one version, and, where a tag is given, that of the tag (`v1.2.3`), told of in CHANGELOG.md. Prints each that has not. */
const root = fileURLToPath(new URL('..', import.meta.url));
const [tag] = process.argv.slice(2);
const read = (path: string) => JSON.parse(readFileSync(`${root}${path}`, 'utf8')) as Manifest;
type Manifest = {
  readonly version: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
};

const { version } = read('package.json');
const wrong = globSync('{apps,packages,e2e,bench}/{,*/}package.json', { cwd: root, exclude: ['**/{node_modules,dist}/**'] }).flatMap(
  (path) => {
    const manifest = read(path);
    const ours = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) =>
      /^(@reembed\/|reembed$)/.test(name),
    );
    return [['version', manifest.version] as const, ...ours].flatMap(([what, is]) =>
      is === version ? [] : [`${path}: ${what} is ${is}, not ${version}`],
    );
  },
);
if (tag !== undefined && tag !== `v${version}`) wrong.push(`the tag is ${tag}, and the packages are of ${version}: npm run next-version`);
if (tag !== undefined && !readFileSync(`${root}CHANGELOG.md`, 'utf8').includes(`## ${version}\n`))
  wrong.push(`CHANGELOG.md tells nothing of ${version}`);
if (tag !== undefined && readFileSync(`${root}README.md`, 'utf8').includes('is not on npm yet'))
  wrong.push('README.md says that it is not on npm yet');
for (const line of wrong) process.stderr.write(`${line}\n`);
if (wrong.length > 0) process.exitCode = 1;
