import { type Logger, pino } from 'pino';

/** JSON lines on stderr, so that stdout stays for results. Never give it a spec's texts, a vector or a key. */
export function createLog(name: string, level: string): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}
