import { ReembedError } from '@reembed/core';

/** The versions that package.json has among its optional dependencies. */
export const packageVersions = { '@huggingface/transformers': '4.3.1', '@huggingface/tokenizers': '0.2.0' } as const;

/** `npm ci --omit=optional` leaves them out, which saves some 450 MB where no such model is used. */
export function packageMissing(what: string, cause: unknown): ReembedError {
  const packages = Object.entries(packageVersions).map(([name, version]) => `${name}@${version}`);
  const reason = cause instanceof Error ? ` (${cause.message.split('\n')[0]})` : '';
  return new ReembedError(
    'model-missing',
    `${what} is run by optional packages that do not load here${reason}; install them beside the worker: npm install ${packages.join(' ')}`,
    { cause },
  );
}
