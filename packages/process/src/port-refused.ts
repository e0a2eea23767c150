import { ReembedError } from '@reembed/core';

type Listening = { readonly host: string; readonly port: number };

/** The error of an address that cannot be listened at, with the names of the variables that say which; any other as it is. */
export function portRefused(error: unknown, { host, port }: Listening, names: { readonly host: string; readonly port: string }): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'is taken by another process',
    EACCES: 'may not be used by this user',
    EADDRNOTAVAIL: 'is not an address of this machine',
  };
  if (reasons[code] === undefined) return error;
  const message = `${names.host} ${host} with ${names.port} ${port} ${reasons[code]}: choose another, or port 0 for a free one`;
  return new ReembedError('invalid-config', message, { cause: error });
}
