import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What is published is what npm, Node and TypeScript make of a package: publint looks at each `dist`, attw at the types of the libraries. */
const root = fileURLToPath(new URL('..', import.meta.url));
const built = globSync('{packages,apps}/*/dist', { cwd: root });
if (built.length === 0) throw new Error('nothing is built: npm run build');
for (const dist of built) {
  run('publint', [dist, '--strict']);
  // A command line has nothing to import. What is published is ESM: `require` of it works from Node 22.12 on.
  if (existsSync(`${root}${dist}/src`)) run('attw', ['--pack', dist, '--profile', 'esm-only', '--format', 'ascii', '--quiet']);
}

function run(command: string, args: readonly string[]): void {
  execFileSync(`${root}node_modules/.bin/${command}`, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}
