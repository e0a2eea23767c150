import { readOrigins, type Spec, type VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';

/** What made the source's vectors: what the spec declares, else what the source's own metadata says. */
export function sourceOrigins(spec: Spec, source: CollectionInfo): Record<string, VectorOrigin> {
  const stored = readOrigins(source.metadata);
  const declared = Object.entries(spec.source.vectors).flatMap(([name, { model, text }]) => {
    const dimensions = source.vectors[name]?.size;
    const projected = stored[name]?.projected;
    // That a map made a vector is no claim about its model: forgotten, true vectors could be put among the mapped ones.
    return dimensions === undefined ? [] : [[name, { model, dimensions, text, ...(projected && { projected }) }] as const];
  });
  return { ...stored, ...Object.fromEntries(declared) };
}
