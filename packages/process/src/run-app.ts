import { errorCodes, hideSecrets, redactSettings } from '@reembed/contracts';
import { type Clock, isReembedError } from '@reembed/core';
import { type Logger, pino } from 'pino';
import type { z } from 'zod';
import { loadSettings } from './load-settings.ts';
import { packageVersion } from './package-version.ts';
import { systemClock } from './system-clock.ts';
import { namesForLog } from './traces/spans.ts';
import { startTraces, type TraceSettings } from './traces/start-traces.ts';
import { readVariableFiles } from './variable-files.ts';

/** A part of a process that runs until stopped. `stop` may be called twice. */
export type Service = { readonly name: string; stop(): Promise<void> };

/** What an app is started with. */
export type AppOptions<Settings, Config> = {
  readonly settings: Readonly<Settings>;
  readonly config: Config;
  /** Where provider keys are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock: Clock;
};

type AppSettings = z.ZodObject<{
  logLevel: z.ZodType<string>;
  configFile: z.ZodType<string | undefined>;
  tracesUrl: z.ZodType<TraceSettings['tracesUrl']>;
  tracesShare: z.ZodType<TraceSettings['tracesShare']>;
}>;

export type App<Schema extends AppSettings, Config> = {
  readonly name: string;
  readonly schema: Schema;
  /** Reads the configuration that `configFile` names, or the one in its usual place. */
  readonly loadConfig: (file: string | undefined) => Promise<Config>;
  readonly start: (options: AppOptions<z.output<Schema>, Config>) => Promise<Service>;
};

/**
 * The main of an app: settings from the environment, `--print-config`, start, stop. Tells its parent, if it has one on an IPC channel,
 * `{ ready: ... }` with what `start` names as its address. Exit codes are those of the error table.
 */
export async function runApp<Schema extends AppSettings, Config>(app: App<Schema, Config>, argv: readonly string[]): Promise<void> {
  let log = createLog(app.name, 'info');
  try {
    await readVariableFiles(process.env);
    const settings = loadSettings(app.schema, process.env);
    if (argv.includes('--print-config')) {
      process.stdout.write(`${JSON.stringify(redactSettings(app.schema, settings), null, 2)}\n`);
      return;
    }
    log = createLog(app.name, settings.logLevel);
    const config = await app.loadConfig(settings.configFile);
    const stopTraces = await startTraces(app.name, packageVersion(new URL('../package.json', import.meta.url)), settings);
    const service = await app.start({ settings, config, env: process.env, log, clock: systemClock });
    // Only now: a parent may answer with SIGTERM at once.
    await runUntilTold(service, log, () => process.connected && process.send?.({ ready: service.name }), stopTraces);
  } catch (error) {
    process.exitCode = isReembedError(error) ? errorCodes[error.code].exitCode : 1;
    log.fatal(isReembedError(error) ? { code: error.code } : { err: error }, error instanceof Error ? error.message : String(error));
  }
}

/** JSON lines on stderr, so that stdout stays for results. Never give it a spec's texts or a vector; what it is given in confidence is taken out. */
export function createLog(name: string, level: string): Logger {
  return pino({ name, level, mixin: namesForLog, hooks: { streamWrite: hideSecrets } }, pino.destination({ dest: 2, sync: true }));
}

const parentGone = 'the end of the parent process';

/**
 * Runs a service until SIGTERM, SIGINT, or the end of the parent that holds the other side of the IPC channel; resolves when it has
 * stopped. `onListening` is called once signals are heard. A second signal ends the process at once, and a service that does not stop
 * within half a minute is ended. `last`: what is done once it has stopped.
 */
export async function runUntilTold(
  service: Service,
  log: Logger,
  onListening: () => void = () => {},
  last: () => Promise<void> = async () => {},
): Promise<void> {
  const told = Promise.withResolvers<string>();
  let asked = 0;
  const onSignal = (signal: string) => {
    if (++asked > 1) process.exit(1);
    told.resolve(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  if (process.connected) process.once('disconnect', () => told.resolve(parentGone));
  // A parent that ended while the service started does not say so again.
  else if (process.send !== undefined) told.resolve(parentGone);
  onListening();
  const why = await told.promise;
  log.info({ service: service.name, why }, 'stopping');
  // Where the parent is gone, what the service still talks to may be gone too.
  setTimeout(() => process.exit(1), why === parentGone ? 5_000 : 30_000).unref();
  await service.stop();
  await last();
  if (process.connected) process.disconnect();
}
