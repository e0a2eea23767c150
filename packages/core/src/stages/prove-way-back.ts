import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { embedVectors } from '../domain/recipes-of.ts';
import { refutesModel, type SampleToEmbed, tryFingerprint } from '../plan/advice/take-fingerprint.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { askEmbeddings } from '../recipes/model-calls.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';

/** Stored points that the old model is asked about: the first, so that a stage that begins again asks the same. */
const points = 24;

/**
 * Whether the models that are going to make vectors for the old collection are those that made what is in it: of any other they would be found by
 * no query, and nobody would notice. False while workers embed. Throws `invalid-spec` where stored vectors say otherwise.
 */
export async function proveWayBack(deps: CoordinatorDeps, { id, spec, resolved }: Migration, source: CollectionInfo): Promise<boolean> {
  const origins = sourceOrigins(spec, source);
  const ask = (wanted: SampleToEmbed) => askEmbeddings(deps, { ...wanted, scope: `${id}-reverse`, onLongText: 'truncate' });
  const texts = { file: null, fault: null };
  for (const { name } of embedVectors(resolved.reverse ?? { vectors: {} })) {
    const read = await deps.points.scroll(source.name, { offset: null, limit: points, payload: true, vectors: [name] });
    const about = { source, vector: name, origin: origins[name], templates: [], sample: read.points, texts, catalogue: deps.catalogue };
    const found = await tryFingerprint<null>(ask, { ...about, asDeclared: true });
    if (found === null) return false;
    if ('notMade' in found || !refutesModel(found)) continue;
    throw new ReembedError(
      'invalid-spec',
      `source.vectors.${JSON.stringify(name)} ${found.says} Reverse sync would put vectors of another model into "${source.name}"`,
    );
  }
  return true;
}
