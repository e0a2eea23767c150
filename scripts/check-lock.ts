import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * What is installed is what was looked at: every package of the lock file has its hash, those that run something when they are installed are
 * named in `allowScripts`, and every licence is one of these. `--fill` asks the registry for hashes that are missing, as npm leaves them out
 * for packages of other machines; `--licences` prints who has which. Prints each breach, and ends with 1.
 */
const { values: asked, positionals } = parseArgs({
  options: { fill: { type: 'boolean' }, licences: { type: 'boolean' } },
  allowPositionals: true,
});

type Entry = { version?: string; integrity?: string; license?: string; link?: true; hasInstallScript?: true };

const lockFile = positionals[0] ?? new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as { packages: Record<string, Entry> };
const { allowScripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  allowScripts: Readonly<Record<string, boolean>>;
};

/** Free to use, change and pass on, with or without naming the author. */
const known = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'MIT-0',
  'Python-2.0',
  'CC0-1.0',
  'Unlicense',
];

/** Licences that are none of these, and why what has them is there all the same. */
const looked: Readonly<Record<string, string>> = {
  'LGPL-3.0-or-later':
    'libvips, a shared library beside sharp, which transformers.js brings for images: reembed embeds texts and never loads it',
  'MPL-2.0': 'lightningcss, of the tools that build and test: nothing that is published has it',
};

/** Packages that declare none. */
const undeclared: Readonly<Record<string, string>> = {
  'cohere-ai': "no licence in its manifest: ask Cohere before you pass it on. It is only loaded where Cohere's models are asked",
};

const installed = Object.entries(lock.packages).flatMap(([path, entry]) => {
  const name = path.split('node_modules/').at(-1) ?? '';
  return path.includes('node_modules/') && entry.link === undefined ? [{ path, name, entry }] : [];
});

if (asked.fill) {
  for (const { path, name, entry } of installed) {
    if (entry.integrity !== undefined) continue;
    const hash = execFileSync('npm', ['view', `${name}@${entry.version}`, 'dist.integrity'], { encoding: 'utf8' }).trim();
    if (!hash.startsWith('sha512-')) throw new Error(`the registry has no hash of ${name}@${entry.version}`);
    const { version, ...rest } = entry;
    lock.packages[path] = { ...(version === undefined ? {} : { version }), integrity: hash, ...rest };
  }
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
}

const breaches = installed.flatMap(({ path, name }) => {
  const { integrity = '', license, hasInstallScript } = lock.packages[path] ?? {};
  return [
    ...(/^sha512-/.test(integrity) ? [] : [`${path} has no hash: node scripts/check-lock.ts --fill`]),
    ...(hasInstallScript && allowScripts[name] === undefined
      ? [`${path} runs a script when it is installed: say true or false in allowScripts`]
      : []),
    ...(isKnown(license) || (license === undefined && undeclared[name] !== undefined)
      ? []
      : [`${path} has the licence ${license ?? 'that it does not declare'}: look at it`]),
  ];
});

if (asked.licences) {
  for (const [licence, those] of Map.groupBy(installed, ({ entry }) => entry.license ?? 'not declared'))
    process.stdout.write(`${licence}: ${those.map(({ name, entry }) => `${name}@${entry.version}`).join(', ')}\n`);
  for (const [name, why] of Object.entries({ ...looked, ...undeclared })) process.stdout.write(`${name}: ${why}\n`);
}
for (const breach of breaches) process.stderr.write(`${breach}\n`);
if (breaches.length > 0) process.exitCode = 1;

/** `(MIT OR Apache-2.0)`: one of them is enough; of `AND` all have to be known. */
function isKnown(license = ''): boolean {
  const choices = license.replace(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((each) => known.includes(each) || looked[each] !== undefined));
}
