import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/**
 * What is published is what npm, Node and TypeScript make of a package: publint looks at each tarball, attw at the types of the libraries. Takes
 * the folder of tarballs, or packs what is built. Prints what is wrong, and ends with 1 then.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv[2];
const folder = given ?? packed();
const wrong: string[] = [];
for (const file of globSync('*.tgz', { cwd: folder })) wrong.push(...(await faultsOf(file)).map((fault) => `${file}: ${fault}`));
if (given === undefined) rmSync(folder, { recursive: true });
for (const line of wrong) process.stderr.write(`${line}\n`);
if (wrong.length > 0) process.exitCode = 1;

function packed(): string {
  const built = globSync('{packages,apps}/*/dist', { cwd: root }).map((path) => `./${path}`);
  if (built.length === 0) throw new Error('nothing is built: npm run build');
  const into = mkdtempSync(join(tmpdir(), 'reembed-check-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', into, ...built], { cwd: root });
  return into;
}

async function faultsOf(file: string): Promise<string[]> {
  const tarball = new Uint8Array(readFileSync(join(folder, file)));
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  return [...messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code), ...(await typeFaultsOf(tarball))];
}

/** Of what applications import. It is ESM: `require` of it works from Node 22.12 on. */
async function typeFaultsOf(tarball: Uint8Array): Promise<string[]> {
  const tested = createPackageFromTarballData(tarball);
  // A command line has nothing to import.
  if (tested.packageName === 'reembed') return [];
  const analysis = await checkPackage(tested);
  if (!analysis.types) return ['it has no types'];
  const looked = analysis.problems.filter(
    (problem) => !('resolutionKind' in problem) || ['node16-esm', 'bundler'].includes(problem.resolutionKind),
  );
  return looked.map(({ kind, ...problem }) => `${kind} ${JSON.stringify(problem)}`);
}
