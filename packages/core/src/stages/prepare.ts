import {
  type EmbedRecipe,
  metadataKeys,
  readClaim,
  readMigration,
  readPhase,
  type SaidOfModel,
  type VectorOrigin,
  type Witness,
} from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import { type Migration, nextAlias, type Wait } from '../domain/migration.ts';
import { isInPlace, modelVectors } from '../domain/recipes-of.ts';
import { reversed, syncsBack } from '../domain/reverse-sync.ts';
import { noWorkerRuns, reembed } from '../domain/words.ts';
import { vectorSchema } from '../plan/carried-settings.ts';
import { activeMigrationOf } from '../plan/read-scene.ts';
import { targetBody, targetIndexes } from '../plan/target-schema.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { whyHeld } from '../recipes/held-providers.ts';
import { askModel } from '../recipes/model-calls.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import type { TargetVector } from '../recipes/target-vector.ts';
import { addedVectors, targetVectors } from '../recipes/target-vectors.ts';
import { compareWitness, countedOf, shortWitness } from '../recipes/witness.ts';
import { claimMetadata } from './announce.ts';
import { checkNotDoomed } from './drop-source.ts';
import { holdEarlier } from './earlier-target.ts';
import { actFreshly } from './fresh-act.ts';
import { proveWayBack } from './prove-way-back.ts';
import type { Stage } from './stage.ts';

/** Asks the models for their witness, then claims the target by creating it with this migration's metadata in the same request. */
export const prepare: Stage = async (deps, migration) => {
  const witness = await witnesses(deps, migration);
  const reverseWitness = witness === null || !syncsBack(migration.spec) ? {} : await witnesses(deps, reversed(migration));
  if (witness === null || reverseWitness === null) return { kind: 'again', afterMs: 100, waiting: await whyNoWitness(deps, migration) };
  const source = await deps.collections.describe(migration.resolved.source);
  if (source === null) throw new ReembedError('qdrant-not-found', `the source collection "${migration.resolved.source}" is gone`);
  const resolved = { ...migration.resolved, earlier: await holdEarlier(deps, migration, { source, witness }) };
  if (syncsBack(migration.spec) && !(await proveWayBack(deps, migration, source))) return { kind: 'again', afterMs: 100 };
  const made = { witness, reverseWitness, resolved, origins: originsOf(migration, source, witness) };
  const prepared: Migration = { ...migration, ...made };
  if (isInPlace(migration.spec)) {
    await claimInPlace(deps, prepared, source);
    await checkNotDoomed(deps, migration);
    return { kind: 'next', to: 'copying', change: { ...made, claimed: true } };
  }
  await claimTarget(deps, prepared, source);
  await checkNotDoomed(deps, migration);
  for (const [field, schema] of Object.entries(targetIndexes(migration.spec, source))) {
    await deps.collections.createPayloadIndex(migration.spec.target.collection, field, schema);
  }
  await showNext(deps, migration);
  // What is taken up again has nearly everything, and something may be wrong with any of it: a copy would look only for what is missing.
  const to = migration.takesUp === undefined ? 'copying' : 'syncing';
  return { kind: 'next', to, change: { ...made, claimed: true } };
};

/** The witness of every vector that a model makes by workers; null while a worker has yet to answer. Throws what a model call ended with. */
async function witnesses(deps: CoordinatorDeps, migration: Migration): Promise<Record<string, Witness> | null> {
  const { id, spec, resolved, isReversed } = migration;
  const found: Record<string, Witness> = {};
  const made = modelVectors(spec);
  // Those of both ways stand in one record.
  const all = made.length + (isReversed || resolved.reverse === null ? 0 : modelVectors(resolved.reverse).length);
  for (const [at, { name, kind, recipe }] of made.entries()) {
    const witness = await witnessOf(deps, `${id}-witness-${isReversed ? 'reverse-' : ''}${at}`, {
      ...recipe,
      said: spec.models[recipe.model],
    });
    if (witness === null) return null;
    checkDimensions(`${JSON.stringify(name)}.${kind}`, recipe.dimensions, witness);
    found[name] = shortWitness(witness, all);
  }
  return found;
}

type Asked = Pick<EmbedRecipe, 'model' | 'dimensions'> & { readonly said: SaidOfModel | undefined };

async function witnessOf(deps: CoordinatorDeps, callId: string, { model, dimensions, said }: Asked): Promise<Witness | null> {
  try {
    const answer = await askModel(deps, { callId, call: 'witness', model, said, dimensions: dimensions ?? null });
    return answer?.call === 'witness' ? answer.witness : null;
  } catch (error) {
    // A provider that is away comes back: it is asked again, and the migration says what it waits for.
    if (!isReembedError(error) || error.retry === 'later') throw error;
    const message = `the witness texts could not be embedded with ${model}: ${error.message}`;
    throw new ReembedError(error.code, message, { cause: error, retry: 'never' });
  }
}

/** `vector`: with its recipe, as the spec has it. */
function checkDimensions(vector: string, wanted: number | undefined, { model, dimensions }: Witness): void {
  if (wanted === undefined || wanted === dimensions) return;
  throw new ReembedError(
    'invalid-spec',
    `vectors.${vector}.dimensions is ${wanted}, but ${model} gives ${dimensions}: leave it out, or set it to ${dimensions}`,
  );
}

async function whyNoWitness(deps: CoordinatorDeps, migration: Migration): Promise<Wait> {
  const held = await whyHeld(deps, migration);
  if (held !== null) return held;
  const served = (await deps.fleet.workers()) > 0 || (await deps.modelCalls.active()) > 0;
  return served
    ? { kind: 'embedding', reason: 'for a worker to embed the witness texts' }
    : { kind: 'worker', reason: `for a worker: ${noWorkerRuns}` };
}

/** What made the vectors of the target, as far as known. */
export function originsOf(
  { spec, resolved }: Migration,
  source: CollectionInfo,
  witness: Readonly<Record<string, Witness>>,
): Record<string, VectorOrigin> {
  const known = sourceOrigins(spec, source);
  const made = targetVectors(spec).map((vector) => [vector.name, vector.origin({ known, witness, resolved, said: spec.models })] as const);
  const found = Object.fromEntries(made.flatMap(([name, origin]) => (origin === null ? [] : [[name, origin]])));
  // In place the other vectors stay what they are.
  return isInPlace(spec) ? { ...known, ...found } : found;
}

async function claimTarget(deps: CoordinatorDeps, migration: Migration, source: CollectionInfo): Promise<void> {
  const { id, spec, takesUp } = migration;
  if (takesUp !== undefined) return claimAgain(deps, migration, takesUp);
  const claim = await claimMetadata(deps, migration);
  try {
    await deps.collections.create(spec.target.collection, targetBody(spec, source, migration, claim));
  } catch (error) {
    if (!isReembedError(error, 'qdrant-conflict')) throw error;
    const found = await deps.collections.describe(spec.target.collection);
    if (readClaim(found?.metadata)?.id === id) return;
    throw takenMeanwhile(migration, found);
  }
}

/**
 * Takes the target of a migration that was rolled back, and reads that back. Throws `model-changed` where its vectors were made by another model
 * of that name, `plan-blocked` where the target has come to be another's.
 */
async function claimAgain(deps: CoordinatorDeps, migration: Migration, before: string): Promise<void> {
  const { id, spec, witness } = migration;
  const { collection } = spec.target;
  const decisions = { approvals: [], overrides: [] };
  const look = async () => {
    const found = await deps.collections.describe(collection);
    const stored = readMigration(found?.metadata);
    if (stored?.id === id) return null;
    if (stored?.id !== before || readPhase(found?.metadata)?.phase !== 'rolled-back') throw takenMeanwhile(migration, found);
    for (const [vector, expected] of Object.entries(stored.witness)) {
      const now = witness[vector];
      if (now !== undefined) compareWitness(expected, now, countedOf(stored, vector));
    }
    return { ...(await claimMetadata(deps, migration)), [metadataKeys.decisions]: decisions };
  };
  await actFreshly(deps, look, (metadata) => deps.collections.patch(collection, { metadata }));
  const after = await deps.collections.describe(collection);
  if (readClaim(after?.metadata)?.id !== id) throw takenMeanwhile(migration, after);
}

function takenMeanwhile(migration: Migration, found: CollectionInfo | null): ReembedError {
  const { collection } = migration.spec.target;
  const other = readClaim(found?.metadata)?.id;
  const goOn = other === undefined ? '' : goOnWith(migration, other);
  return new ReembedError(
    'plan-blocked',
    `target.collection "${collection}" came into being meanwhile and is not this migration's: choose another name${goOn}`,
  );
}

/** The other may be of the same spec, and unknown to this Redis: a coordinator that slept makes what a lost Redis wanted. */
function goOnWith({ id, spec }: Migration, other: string): string {
  return `; or go on with migration ${other}, whose it is: ${reembed('cancel', id)}, then ${reembed('adopt', spec.target.collection)}`;
}

/** Points `<alias>.next` at the target. One that belongs to someone else is left alone. */
async function showNext(deps: CoordinatorDeps, { spec }: Migration): Promise<void> {
  const { alias, collection } = spec.target;
  if (alias === null) return;
  const pointsAt = (await deps.collections.aliases()).get(nextAlias(alias));
  if (pointsAt !== undefined && pointsAt !== collection) {
    throw new ReembedError(
      'plan-blocked',
      `the alias "${nextAlias(alias)}" came into being meanwhile and points at "${pointsAt}": delete it, then resume`,
    );
  }
  await deps.collections.pointAlias(nextAlias(alias), collection);
}

/**
 * Takes a collection for a migration in place: its metadata tells of it first, then the vectors are added. A collection keeps one such
 * record, so another migration whose record is in force there is not talked over.
 */
export async function claimInPlace(deps: CoordinatorDeps, migration: Migration, source: CollectionInfo): Promise<void> {
  const look = async () => {
    const found = await deps.collections.describe(source.name);
    const other = found === null ? null : activeMigrationOf(found);
    if (other !== null && other.id !== migration.id) {
      throw new ReembedError(
        'plan-blocked',
        `"${source.name}" came to belong to migration ${other.id} (${other.phase}) meanwhile: ${other.mending ?? 'end that one first'}${goOnWith(migration, other.id)}`,
      );
    }
    return { ...(await claimMetadata(deps, migration)), [metadataKeys.decisions]: { approvals: [] } };
  };
  await actFreshly(deps, look, (metadata) => deps.collections.patch(source.name, { metadata }));
  for (const vector of addedVectors(migration.spec)) await addVector(deps, migration, source, vector);
}

async function addVector(deps: CoordinatorDeps, { spec, resolved, witness }: Migration, source: CollectionInfo, vector: TargetVector) {
  const schema = vectorSchema(vector, spec, source, witness, resolved.adapters);
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
