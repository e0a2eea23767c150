#!/usr/bin/env node
// Plain JavaScript that old Nodes can read: where this one cannot run what follows, the one of the npm package `node` takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [built, source] = ['../src/main.js', '../src/main.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url)));
// A checkout has no build, and its TypeScript wants a newer Node than the JavaScript that is published.
const [main, needed] = existsSync(built) ? [built, '22.13'] : [source, '24'];

// What was compiled once is kept: from the second time on this process, and every one that it starts, is there in half the time.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);

if (isAtLeast(needed)) await import(main);
else hand(findNode());

function isAtLeast(version) {
  const [major, minor = 0] = version.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function findNode() {
  const binary = join(nodePackage(), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(binary) ? binary : refuse(`${binary} is not there: install again with install scripts on`);
}

function nodePackage() {
  try {
    return dirname(createRequire(import.meta.url).resolve('node/package.json'));
  } catch {
    return refuse('install one, or run `npm install node@24` in this folder and npx takes that');
  }
}

function refuse(wayOut) {
  process.stderr.write(`reembed needs Node ${needed} or later and this is ${process.version}: ${wayOut}\n`);
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
