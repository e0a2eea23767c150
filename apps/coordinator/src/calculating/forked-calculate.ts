import type { ChildProcess } from 'node:child_process';
import { type Calculate, calculateHere } from '@reembed/core';
import { endInWords, startProcess } from '../processes/start-process.ts';

/** What a process is told: parts, and after the last of them what to make of them. */
export type ToCalculation = { readonly parts: readonly unknown[] } | { readonly name: string; readonly given: unknown };

/** As many parts are calculated within some ten milliseconds. */
const mostHere = 50;

/** Parts that are handed over before others have a turn: some milliseconds. */
const partsAtOnce = 10;

/** What thousands of queries found has room in it. In MiB. */
const mostHeap = 1_024;

/** `start`: a process for one calculation, which ends with it. One that dies, of its heap for example, has not calculated anything. */
export function createForkedCalculate(start: () => ChildProcess = () => startProcess('calculating-process', mostHeap)): Calculate {
  return async (calculation, input) => {
    const { given, parts, signal } = input;
    if (parts.length <= mostHere) return calculateHere(calculation, input);
    const child = start();
    try {
      const ended = endOf<ReturnType<typeof calculation.of>>(child, signal);
      await Promise.race([ended, hand(child, { name: calculation.name, given, parts })]);
      return await ended;
    } finally {
      child.kill('SIGKILL');
    }
  };
}

type Handed = { readonly name: string; readonly given: unknown; readonly parts: readonly unknown[] };

async function hand(child: ChildProcess, { name, given, parts }: Handed): Promise<void> {
  for (let from = 0; from < parts.length && child.connected; from += partsAtOnce)
    await tell(child, { parts: parts.slice(from, from + partsAtOnce) });
  await tell(child, { name, given });
}

/** Resolves once it was sent; of one that has ended its end is heard. */
function tell(child: ChildProcess, told: ToCalculation): Promise<void> {
  return new Promise((resolve) => child.send(told, () => resolve()));
}

type Ending<Result> = { readonly result: Result } | { readonly failed: string };

/** Rejects with the signal's reason. */
function endOf<Result>(child: ChildProcess, signal: AbortSignal): Promise<Ending<Result>> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending<Result>>();
  const failed = (why: string) =>
    resolve({ failed: `what calculates it did not come to an end (${why}): ask fewer queries, or give fewer labels` });
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  child
    .once('message', (told) => resolve(told as { result: Result }))
    .once('error', (error) => failed(error.message))
    .once('exit', (code, how) => failed(endInWords(code, how)));
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}
