import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts an entry of ours, by its name beside `main`, as a process with a heap of so many MiB. No thread: one whose heap is full takes the whole process
 * with it more often than not, whatever its `resourceLimits` (Node 24.21, large arrays).
 */
export function startProcess(name: string, mostHeapMb: number): ChildProcess {
  // The built file ends in .js.
  const entry = new URL(`../${name}${import.meta.url.slice(-3)}`, import.meta.url);
  return fork(fileURLToPath(entry), { serialization: 'advanced', execArgv: [`--max-old-space-size=${mostHeapMb}`] });
}

/** How a process ended, in words. A full heap ends it with SIGABRT. */
export function endInWords(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `it ended with ${code}` : `it ended with ${signal}${signal === 'SIGABRT' ? ', as where memory runs out' : ''}`;
}
