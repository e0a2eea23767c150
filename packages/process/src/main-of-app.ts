import { errorCodes, redactSettings } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { createLog } from './create-log.ts';
import { loadSettings } from './load-settings.ts';
import { runUntilTold, type Service } from './run-until-told.ts';

export type AppMain<Schema extends z.ZodObject> = {
  readonly name: string;
  readonly schema: Schema;
  readonly start: (settings: Readonly<z.output<Schema>>, log: Logger) => Promise<Service>;
};

/**
 * The main of an app: settings from the environment, `--print-config`, start, stop. Tells its parent, if it has one on an IPC channel,
 * `{ ready: ... }` with what `start` names as its address. Exit codes are those of the error table.
 */
export async function runApp<Schema extends z.ZodObject<{ logLevel: z.ZodType }>>(
  app: AppMain<Schema>,
  argv: readonly string[],
): Promise<void> {
  let log = createLog(app.name, 'info');
  try {
    const settings = loadSettings(app.schema, process.env);
    if (argv.includes('--print-config')) {
      process.stdout.write(`${JSON.stringify(redactSettings(app.schema, settings), null, 2)}\n`);
      return;
    }
    log = createLog(app.name, String(settings.logLevel));
    const service = await app.start(settings, log);
    // Only now: a parent may answer with SIGTERM at once.
    await runUntilTold(service, log, () => process.connected && process.send?.({ ready: service.name }));
  } catch (error) {
    process.exitCode = isReembedError(error) ? errorCodes[error.code].exitCode : 1;
    log.fatal(isReembedError(error) ? { code: error.code } : { err: error }, error instanceof Error ? error.message : String(error));
  }
}
