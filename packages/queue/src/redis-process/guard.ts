import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

/**
 * Runs a command and ends it when whoever started this process is gone, even by SIGKILL: the IPC channel closes then. Afterwards it
 * removes a directory, unless the name is empty. `node guard.ts <directory> <command> <argument>…`, spawned with IPC.
 */
const [directory = '', command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

function end(): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
}

function leave(code: number): void {
  if (directory !== '') rmSync(directory, { recursive: true, force: true });
  process.exit(code);
}

child.once('error', () => leave(127));
child.once('exit', (code) => leave(code ?? 1));
process.once('disconnect', end);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
if (!process.connected) end();
