import type { AdapterHeader, Resolved, Spec } from '@reembed/contracts';
import { isReembedError, type ReembedError } from '../domain/error.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { AdapterReading } from '../recipes/plan-scene.ts';

export async function readAdapters(adapters: Adapters, spec: Spec): Promise<AdapterReading> {
  const read = Object.entries(spec.vectors).flatMap(([name, { project }]) =>
    project === undefined ? [] : [headerOf(adapters, project.adapter).then((header) => [name, header] as const)],
  );
  return Object.fromEntries(await Promise.all(read));
}

async function headerOf(adapters: Adapters, name: string): Promise<AdapterHeader | ReembedError> {
  try {
    return await adapters.header(name);
  } catch (error) {
    if (isReembedError(error, 'invalid-adapter')) return error;
    throw error;
  }
}

/** What a migration keeps of its adapters: which map it is, whatever stands under the file's name later. */
export function pinnedAdapters(reading: AdapterReading): Resolved['adapters'] {
  const pinned = Object.entries(reading).flatMap(([vector, header]) =>
    header instanceof Error ? [] : [[vector, { sha256: header.sha256, from: header.from, to: header.to }] as const],
  );
  return Object.fromEntries(pinned);
}
