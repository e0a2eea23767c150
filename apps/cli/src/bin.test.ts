import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** The package as it is published, with a main module that says which Node it runs on. */
function publishedPackage(): string {
  const dir = mkdtempSync(join(tmpdir(), 'reembed-bin-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  write(join(dir, 'package.json'), '{ "type": "module" }');
  write(join(dir, 'src/main.js'), 'console.log(process.version, ...process.argv.slice(2));');
  mkdirSync(join(dir, 'bin'));
  copyFileSync(fileURLToPath(new URL('../bin/reembed.js', import.meta.url)), join(dir, 'bin/reembed.js'));
  return dir;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Starts it on a Node that takes itself for another version. */
function start(dir: string, version: string) {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const disguise = `Object.defineProperties(process, { version: { value: 'v${version}' }, versions: { value: ${versions} } })`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(disguise)}`, join(dir, 'bin/reembed.js'), 'demo'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each(['22.13.0', '24.0.0', '26.1.0'])('what is published runs on Node %s', (version) => {
  expect(start(publishedPackage(), version)).toEqual({ status: 0, stdout: `v${version} demo\n`, stderr: '' });
});

test.each(['20.20.2', '22.12.0'])('Node %s is told in a line what is needed', (version) => {
  const { status, stdout, stderr } = start(publishedPackage(), version);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(new RegExp(`^reembed needs Node 22.13 or later and this is v${version}: .*npm install node@24.*\n$`));
});

test('an old Node hands over to the one of the npm package `node`', () => {
  const dir = publishedPackage();
  write(join(dir, 'node_modules/node/package.json'), '{}');
  mkdirSync(join(dir, 'node_modules/node/bin'));
  symlinkSync(process.execPath, join(dir, 'node_modules/node/bin/node'));
  expect(start(dir, '20.20.2')).toEqual({ status: 0, stdout: `${process.version} demo\n`, stderr: '' });
});

test('a package `node` that was installed without its script says so', () => {
  const dir = publishedPackage();
  write(join(dir, 'node_modules/node/package.json'), '{}');
  const { status, stderr } = start(dir, '20.20.2');
  expect(status).toBe(1);
  expect(stderr).toMatch(/node_modules\/node\/bin\/node is not there: .*install scripts/);
});
