import { readHeader } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { ReembedConfig } from './reembed-config.ts';

/** The headers that Qdrant wants with documents it embeds, from the environment. Throws `invalid-config`, naming the variable that is not set. */
export function inferenceHeaders(
  { inference }: Pick<ReembedConfig, 'inference'>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inference?.headers ?? {}).map(([header, variable]) => {
      const { secret, fault } = readHeader(env, header, variable, null);
      if (fault !== null)
        throw new ReembedError('invalid-config', `${variable}, which inference.headers.${header} in reembed.config.yaml names, ${fault}`);
      if (secret !== null) return [header, secret];
      throw new ReembedError(
        'invalid-config',
        `inference.headers.${header} in reembed.config.yaml names ${variable}, which is not set; set it in the environment of this process`,
      );
    }),
  );
}
