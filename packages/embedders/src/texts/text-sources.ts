import type { TextSources } from '@reembed/core';
import { createReachOut } from '../reach/reach-out.ts';
import type { Environment } from '../records/provider.ts';
import type { ReembedConfig } from '../reembed-config.ts';
import { readQueryLog } from './query-log.ts';
import { createTextFiles } from './text-file.ts';
import { askTextService, textServiceOf } from './text-service.ts';

type Sources = { readonly config: ReembedConfig; readonly env: Environment; readonly filesDir: string };

/** Texts that are not in payloads, as this process can get them. */
export function createTextSources({ config, env, filesDir }: Sources): TextSources {
  const files = createTextFiles(filesDir);
  const reachOut = createReachOut(config);
  return {
    pin: files.pin,
    queryLog: (file) => readQueryLog(filesDir, file),
    async read(origin, ids, signal) {
      if ('url' in origin) return askTextService(textServiceOf(origin.url, config.textSources), { env, reachOut }, ids, signal);
      signal?.throwIfAborted();
      return files.read(origin.file, origin.sha256, ids);
    },
  };
}
