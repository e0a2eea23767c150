import type { Fingerprint, Spec, VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { Migration } from '../domain/migration.ts';
import { refutesModel, type SampleToEmbed, tryFingerprint } from '../plan/advice/take-fingerprint.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { searchedVectors } from '../ports/searches.ts';
import { askEmbeddings } from '../recipes/model-calls.ts';
import { contradiction, sourceOrigins } from '../recipes/plan-scene.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';
import { asFailure } from './embedded-again.ts';
import { encodersOf } from './query-encoders.ts';

type OldModelDeps = Pick<CoordinatorDeps, 'points' | 'modelCalls' | 'catalogue' | 'textSources'>;

/** `doubt`: why the declared old model is not what made the old vectors; `unproven`: why nobody can tell. */
export type OldModelProof = { readonly doubt: string | null; readonly unproven: readonly string[] };

/**
 * Whether the models that are going to embed the old side's queries made its vectors: otherwise the old side finds nothing, and any new model
 * looks better. Has the fleet embed a few stored texts; null while it works.
 */
export async function proveOldModel(
  deps: OldModelDeps,
  migration: Migration,
  source: CollectionInfo,
  draw: GateDraw,
): Promise<OldModelProof | null> {
  const unproven = saidOfOldQueries(deps, migration.spec, source);
  for (const vector of searchedVectors(migration.spec.search.old)) {
    const origin = sourceOrigins(migration.spec, source)[vector];
    if (origin === undefined || !isEmbedded(deps, vector, origin)) continue;
    const found = await tryOldModel(deps, migration, { source, draw, vector, origin }).catch((error: unknown) => ({
      notMade: asFailure(error).failed,
    }));
    if (found === null) return null;
    const doubt = 'notMade' in found ? contradiction(migration.spec, source, vector) : refuted(found, vector);
    if (doubt !== null) return { doubt, unproven };
    if ('notMade' in found) unproven.push(`that ${origin.model} made the old vector "${vector}" was not proven: ${found.notMade}`);
  }
  return { doubt: null, unproven };
}

/** What a spec says of old queries against what is known of their model: stored vectors prove a prefix of documents, and of queries none. */
export function saidOfOldQueries({ catalogue }: Pick<OldModelDeps, 'catalogue'>, spec: Spec, source: CollectionInfo): string[] {
  const origins = sourceOrigins(spec, source);
  return searchedVectors(spec.search.old).flatMap((vector) => {
    const model = origins[vector]?.model ?? '';
    const [said, known] = [spec.models[model]?.queryPrefix, catalogue.facts(model)];
    if (said === undefined || known === null || known.unsaid.includes('queryPrefix') || known.queryPrefix === said) return [];
    return [
      `queries of the old side have ${JSON.stringify(said)} before them, as the spec says under models, and ${model} is known to want ${JSON.stringify(known.queryPrefix)}: if applications do not ask so, the old side looks worse than it is`,
    ];
  });
}

function refuted(found: Fingerprint, vector: string): string | null {
  return refutesModel(found) ? `the old vector "${vector}" ${found.says} Until then its side is asked by queries of another model.` : null;
}

/** Of dense vectors that were mapped, cut or encoded otherwise the stored numbers are not the model's own. */
function isEmbedded({ catalogue }: OldModelDeps, vector: string, origin: VectorOrigin): boolean {
  if (origin.projected !== undefined || origin.cutFrom !== undefined) return false;
  const known = encodersOf([vector], { origins: { [vector]: origin }, unknown: () => '' }, catalogue);
  return 'encoders' in known && known.encoders[vector]?.kind === 'embedded';
}

type Tried = { readonly source: CollectionInfo; readonly draw: GateDraw; readonly vector: string; readonly origin: VectorOrigin };

async function tryOldModel(deps: OldModelDeps, migration: Migration, { source, draw, vector, origin }: Tried) {
  const { id, resolved } = migration;
  const read = await deps.points.retrieve(resolved.source, { ids: draw.points, payload: true, vectors: [vector] });
  const sample = await withTextsOnce(deps.textSources, migration, read);
  const ask = (wanted: SampleToEmbed) => askEmbeddings(deps, { ...wanted, scope: id, onLongText: 'truncate' });
  const texts = { file: resolved.textFile, fault: null };
  return tryFingerprint<null>(ask, { source, vector, origin, templates: [], sample, texts, catalogue: deps.catalogue });
}
