import { metadataKeys, type Phase, phaseMetadataSchema } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { hasEnded } from '../domain/transitions.ts';

/** The migration that a collection's metadata tells of, unless it has ended. */
export function recordInForce({ metadata }: Pick<CollectionInfo, 'metadata'>): { readonly id: string; readonly phase: Phase } | null {
  const record = metadata[metadataKeys.migration] as { id?: unknown } | undefined;
  const stored = phaseMetadataSchema.safeParse(metadata[metadataKeys.phase]);
  if (typeof record?.id !== 'string' || !stored.success || hasEnded(stored.data)) return null;
  return { id: record.id, phase: stored.data.phase };
}
