import type { TextSources } from '@reembed/core';
import type { ModelSources } from '../resolve-model.ts';
import { askTextService, textServiceOf } from './text-service.ts';

/** Texts that are not in payloads, as this process can get them. */
export function createTextSources({ config, env }: ModelSources): TextSources {
  return { read: (origin, ids, signal) => askTextService(textServiceOf(origin.url, config), env, ids, signal) };
}
