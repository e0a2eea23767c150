import type { Logger } from 'pino';

/** A part of a process that runs until stopped. `stop` may be called twice. */
export type Service = { readonly name: string; stop(): Promise<void> };

const parentGone = 'the end of the parent process';

/**
 * Runs a service until SIGTERM, SIGINT, or the end of the parent that holds the other side of the IPC channel; resolves when it has
 * stopped. `onListening` is called once signals are heard. A second signal ends the process at once, and a service that does not stop
 * within half a minute is ended.
 */
export async function runUntilTold(service: Service, log: Logger, onListening: () => void = () => {}): Promise<void> {
  const told = Promise.withResolvers<string>();
  let asked = 0;
  const onSignal = (signal: string) => {
    if (++asked > 1) process.exit(1);
    told.resolve(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  if (process.connected) process.once('disconnect', () => told.resolve(parentGone));
  // A parent that went while the service started is not heard of again.
  else if (process.send !== undefined) told.resolve(parentGone);
  onListening();
  const why = await told.promise;
  log.info({ service: service.name, why }, 'stopping');
  // What it wants to say goodbye to may be gone too, and so may be what it waits for.
  setTimeout(() => process.exit(1), why === parentGone ? 5_000 : 30_000).unref();
  await service.stop();
  if (process.connected) process.disconnect();
}
