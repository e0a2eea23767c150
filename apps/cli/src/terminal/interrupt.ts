/** Somebody asked the command to end. `exitCode` is 128 and the signal's number, as shells report it. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: keyof typeof signalNumbers) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = 128 + signalNumbers[signal];
  }
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 } as const;

/** A terminal and npm may both deliver one Ctrl-C; only what comes later than this, in ms, is a second one. */
const sameKeyPressMs = 1_000;

/**
 * Aborts at the first signal, and ends the process at once at a second one: its children end with it. A parent on an IPC channel that
 * goes away counts as SIGTERM; `stop` lets go of it. A reader that goes away, as `head` does, counts as SIGPIPE, however often it is missed.
 */
export function listenForInterrupts(process: NodeJS.Process): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let firstAt: number | null = null;
  const onSignal = (signal: keyof typeof signalNumbers) => {
    firstAt ??= performance.now();
    if (performance.now() - firstAt > sameKeyPressMs) process.exit(new Interrupted(signal).exitCode);
    controller.abort(new Interrupted(signal));
  };
  const parentGone = () => onSignal('SIGTERM');
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => onSignal(signal));
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      controller.abort(new Interrupted('SIGPIPE'));
    });
  if (process.connected) {
    process.once('disconnect', parentGone);
    process.channel?.unref();
  }
  return {
    signal: controller.signal,
    stop() {
      // Letting go of the parent is told by the same event as its end.
      process.off('disconnect', parentGone);
      if (process.connected) process.disconnect();
    },
  };
}
