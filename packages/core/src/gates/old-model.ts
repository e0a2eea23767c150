import type { VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { cosine } from '../domain/vector-base64.ts';
import { type Attempt, agrees } from '../plan/advice/judge-fingerprint.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { EmbedKind } from '../ports/embedder.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { searchedVectors } from '../ports/searches.ts';
import { askEmbeddings } from '../recipes/model-calls.ts';
import { contradiction, sourceOrigins } from '../recipes/plan-scene.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';
import { textOf } from '../recipes/render-text.ts';
import { readRows } from '../recipes/stored-vector.ts';
import { asFailure } from './embedded-again.ts';
import { encodersOf } from './query-encoders.ts';

/** Stored texts that are embedded once more by the old model. */
const sampledTexts = 20;

/** A prefix that another one made the vectors with changes no model: any of these ways proves it. */
const kinds: readonly EmbedKind[] = ['document', 'query', 'plain'];

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
  const unproven: string[] = [];
  for (const vector of searchedVectors(migration.spec.search.old)) {
    const origin = sourceOrigins(migration.spec, source)[vector];
    if (origin === undefined || !isEmbedded(deps, vector, origin)) continue;
    const found = await tryOldModel(deps, migration, { source, draw, vector, origin }).catch(asFailure);
    if (found === null) return null;
    if (found === 'proven') continue;
    const doubt = 'refuted' in found ? found.refuted : contradiction(migration.spec, source, vector);
    if (doubt !== null) return { doubt, unproven };
    if ('failed' in found) unproven.push(`that ${origin.model} made the old vector "${vector}" was not proven: ${found.failed}`);
  }
  return { doubt: null, unproven };
}

/** Of dense vectors that were mapped, cut or encoded otherwise the stored numbers are not the model's own. */
function isEmbedded({ catalogue }: OldModelDeps, vector: string, origin: VectorOrigin): boolean {
  if (origin.projected !== undefined || origin.cutFrom !== undefined) return false;
  const known = encodersOf([vector], { origins: { [vector]: origin }, unknown: () => '' }, catalogue);
  return 'encoders' in known && known.encoders[vector]?.kind === 'embedded';
}

type Tried = { readonly source: CollectionInfo; readonly draw: GateDraw; readonly vector: string; readonly origin: VectorOrigin };
type Found = 'proven' | { readonly refuted: string } | { readonly failed: string };

async function tryOldModel(deps: OldModelDeps, migration: Migration, { source, draw, vector, origin }: Tried): Promise<Found | null> {
  const { id, resolved } = migration;
  const params = source.vectors[vector];
  if (['uint8', 'turbo4'].includes(String(params?.datatype)))
    return { failed: `it is kept as ${params?.datatype}, which changes the numbers` };
  const read = await deps.points.retrieve(resolved.source, { ids: draw.points, payload: true, vectors: [vector] });
  const pairs = pairsOf(await withTextsOnce(deps.textSources, migration, read), vector, origin.text).slice(0, sampledTexts);
  if (pairs.length === 0) return { failed: `no sampled point has both this vector and a text of ${JSON.stringify(origin.text)}` };
  const size = params?.size ?? origin.dimensions;
  const dimensions = deps.catalogue.facts(origin.model)?.dimensions === size ? null : size;
  let best = 0;
  for (const kind of kinds) {
    const texts = pairs.map(({ text }) => text);
    const made = await askEmbeddings(deps, { scope: id, model: origin.model, dimensions, kind, onLongText: 'truncate', texts });
    if (made === null) return null;
    const cosines = pairs.flatMap(({ stored }, at) => {
      const one = made[at];
      return one !== undefined && 'vector' in one && one.vector.length === stored.length ? [cosine(stored, one.vector)] : [];
    });
    const attempt: Attempt = { how: 'declared', text: origin.text, cosines };
    if (agrees(attempt)) return 'proven';
    best = Math.max(best, ...cosines);
  }
  return {
    refuted: `the old vector "${vector}" is not what ${origin.model} makes of ${JSON.stringify(origin.text)}: of ${pairs.length} stored texts none comes nearer than a cosine of ${best.toFixed(3)}, so the old side would be asked by queries of another model. Mend source.vectors, and measure again`,
  };
}

function pairsOf(points: readonly PointText[], vector: string, template: string): { text: string; stored: Float32Array }[] {
  return points.flatMap((point) => {
    const [text, stored] = [textOf(template, point), point.vectors[vector]];
    return text === null || stored === undefined ? [] : [{ text, stored: readRows(stored).rows[0] ?? new Float32Array() }];
  });
}
