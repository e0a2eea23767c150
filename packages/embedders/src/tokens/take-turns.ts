import { setImmediate } from 'node:timers/promises';

/** How long one piece of work may go on before the rest of the process has its turn, in ms. */
const longestTurnMs = 10;

let begun = Number.NEGATIVE_INFINITY;
let queue: Promise<unknown> = Promise.resolve();

/**
 * Work in pieces that would hold up timers and sockets as a whole: waits before a piece where those before it have taken their time. All
 * work of this kind stands in one line, so that between two turns of the event loop there is one turn of work, however much of it there is.
 */
export async function takeTurn(): Promise<void> {
  if (performance.now() - begun < longestTurnMs) return;
  const before = queue;
  const mine = before.then(() => setImmediate());
  queue = mine;
  await mine;
  begun = performance.now();
}
