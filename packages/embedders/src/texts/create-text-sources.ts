import type { TextSources } from '@reembed/core';
import type { ModelSources } from '../resolve-model.ts';
import { createTextFiles } from './text-file.ts';
import { askTextService, textServiceOf } from './text-service.ts';

/** Texts that are not in payloads, as this process can get them. */
export function createTextSources({ config, env, filesDir }: ModelSources & { readonly filesDir: string }): TextSources {
  const files = createTextFiles(filesDir);
  return {
    pin: files.pin,
    async read(origin, ids, signal) {
      if ('url' in origin) return askTextService(textServiceOf(origin.url, config), env, ids, signal);
      signal?.throwIfAborted();
      return files.read(origin.file, origin.sha256, ids);
    },
  };
}
