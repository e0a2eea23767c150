#!/usr/bin/env node
// Plain JavaScript that Node 20 can read: where this Node cannot run TypeScript, the one of the `node` package takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const [major = 0] = process.versions.node.split('.').map(Number);

if (major >= 24 && process.features.typescript) await import(main);
else hand(findNode());

function findNode() {
  const packageFile = createRequire(import.meta.url).resolve('node/package.json');
  const binary = join(dirname(packageFile), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  process.stderr.write(
    `reembed needs Node 24 and this is ${process.version}: ${binary} is not there; run npm ci with install scripts on\n`,
  );
  process.exit(1);
}

/** The channel ends the other process when this one is killed; what this one is told, it passes on. */
function hand(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C in a terminal goes to both processes already.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  process.once('disconnect', () => child.disconnect());
  child.once('error', (error) => {
    process.stderr.write(`reembed: ${node} does not start: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
