import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Makes the folder that is `/app` of the image: the published command line with its dependencies, in the versions and with the hashes of
 * package-lock.json, and without files that no process reads.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const app = resolve(process.argv[2] ?? '');

execFileSync(process.execPath, [join(root, 'scripts/build-cli.ts'), app], { stdio: 'inherit' });
// npm keeps what the lock file says of every package that is still wanted, and drops the rest.
copyFileSync(join(root, 'package-lock.json'), join(app, 'package-lock.json'));
copyFileSync(join(root, '.npmrc'), join(app, '.npmrc'));
execFileSync('npm', ['install', '--omit=dev', '--omit=peer', '--ignore-scripts', '--no-audit', '--prefer-offline'], {
  cwd: app,
  stdio: 'inherit',
});
for (const file of globSync('node_modules/**/*.{map,ts,cts,mts,md,flow}', { cwd: app })) {
  if (statSync(join(app, file)).isFile()) rmSync(join(app, file));
}
