import { metadataKeys } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { recordInForce } from '../plan/record-in-force.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { addedVectors } from '../recipes/filled-vectors.ts';
import type { TargetVector } from '../recipes/target-vector.ts';
import { migrationMetadata, phaseMetadata } from './announce.ts';

/**
 * Takes a collection for a migration in place: its metadata tells of it first, then the vectors are added. A collection keeps one such
 * record, so another migration whose record is in force there is not talked over.
 */
export async function claimInPlace(deps: CoordinatorDeps, migration: Migration, source: CollectionInfo): Promise<void> {
  const other = recordInForce(source);
  if (other !== null && other.id !== migration.id) {
    throw new ReembedError(
      'plan-blocked',
      `"${source.name}" came to belong to migration ${other.id} (${other.phase}) meanwhile: end that one first`,
    );
  }
  await deps.collections.patch(source.name, {
    metadata: {
      [metadataKeys.migration]: migrationMetadata(migration),
      [metadataKeys.phase]: phaseMetadata(migration),
      [metadataKeys.decisions]: { approvals: [] },
    },
  });
  for (const vector of addedVectors(migration.spec)) await addVector(deps, migration, source, vector);
}

async function addVector(deps: CoordinatorDeps, { resolved, witness }: Migration, source: CollectionInfo, vector: TargetVector) {
  const schema = vector.schema(source, witness, resolved.adapters);
  if (schema === null)
    throw new ReembedError('qdrant-not-found', `"${source.name}" has no longer what vector "${vector.name}" is made from`);
  if (resolved.addedVectors.includes(vector.name)) {
    const config = schema.kind === 'dense' ? { dense: asDense(schema.params) } : { sparse: schema.params };
    return deps.collections.addVector(source.name, vector.name, config);
  }
  const [stored, made] = [source.vectors[vector.name]?.size, schema.params.size];
  if (stored === made) return;
  throw new ReembedError(
    'plan-blocked',
    `vector "${vector.name}" of "${source.name}" has ${stored} dimensions, and the recipe makes ${made}: set \`dimensions\`, or name another vector`,
  );
}

function asDense(params: Readonly<Record<string, unknown>>) {
  return params as { readonly size: number; readonly distance: string };
}
