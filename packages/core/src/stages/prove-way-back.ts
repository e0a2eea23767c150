import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { embedVectors } from '../domain/recipes-of.ts';
import { refutesModel, type SampleToEmbed, tryFingerprint } from '../plan/advice/take-fingerprint.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { askEmbeddings } from '../recipes/model-calls.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';

/** Stored points that are drawn: of those that have vector and text the old model is asked about twenty. */
const drawnPoints = 100;

/**
 * Whether the models that are going to make vectors for the old collection are those that made what is in it: of any other they would be found by
 * no query, and nobody would notice. Drawn at random, since the first points are often the oldest, made otherwise than most. False while workers embed.
 * Where nothing can be told that is noted. Throws `invalid-spec` where most of the stored vectors say otherwise.
 */
export async function proveWayBack(deps: CoordinatorDeps, { id, spec, resolved }: Migration, source: CollectionInfo): Promise<boolean> {
  const origins = sourceOrigins(spec, source);
  const ask = (wanted: SampleToEmbed) => askEmbeddings(deps, { ...wanted, scope: `${id}-reverse`, onLongText: 'truncate' });
  const texts = { file: null, fault: null };
  const untold: string[] = [];
  for (const { name } of embedVectors(resolved.reverse ?? { vectors: {} })) {
    const sample = await drawn(deps, { id, collection: source.name, vector: name });
    const about = { source, vector: name, origin: origins[name], templates: [], sample, texts, catalogue: deps.catalogue };
    const found = await tryFingerprint<null>(ask, { ...about, asDeclared: true });
    if (found === null) return false;
    const field = `source.vectors.${JSON.stringify(name)}`;
    if ('notMade' in found) untold.push(`${field}: ${found.notMade}`);
    else if (refutesModel(found))
      throw new ReembedError(
        'invalid-spec',
        `${field} ${found.says} Reverse sync would put vectors of another model into "${source.name}"`,
      );
  }
  for (const why of untold)
    await note(
      deps,
      id,
      `whether the old vectors are of the model that reverse sync goes by could not be looked at, ${why}; it is taken as declared`,
    );
  return true;
}

/** Drawn once, so that a stage that begins again asks the same, in the order of the draw. */
async function drawn(
  deps: CoordinatorDeps,
  { id, collection, vector }: { readonly id: string; readonly collection: string; readonly vector: string },
): Promise<readonly PointText[]> {
  const { gates, points } = deps;
  const key = `${id}-reverse`;
  let ids = (await gates.draw(key))?.points;
  if (ids === undefined) {
    ids = (await points.sample(collection, drawnPoints)).map((point) => point.id);
    await gates.saveDraw(key, { at: isoNow(deps), points: ids, knownItems: [] });
  }
  const found = await points.retrieve(collection, { ids, payload: true, vectors: [vector] });
  const byId = new Map(found.map((point) => [JSON.stringify(point.id), point]));
  return ids.flatMap((one) => byId.get(JSON.stringify(one)) ?? []);
}
