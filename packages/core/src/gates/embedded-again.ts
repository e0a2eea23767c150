import type { FidelityCheck, StoredAs } from '@reembed/contracts';
import { isReembedError, type ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { payloadsEqual } from '../domain/payload-text.ts';
import type { PointText } from '../domain/point.ts';
import { byId, idsOf, type PointIdMap } from '../domain/point-id-set.ts';
import { isInPlace, modelVectors } from '../domain/recipes-of.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { type AskedEmbedding, askEmbeddings } from '../recipes/model-calls.ts';
import { readsTextsElsewhere, withTextsOnce } from '../recipes/point-texts.ts';
import { textOf } from '../recipes/render-text.ts';
import { likeness } from '../recipes/shaped-likeness.ts';
import { shapedJson, shapeOf } from '../recipes/shaped-vector.ts';
import { leastCosine } from '../recipes/spread.ts';
import { isStoredForm } from '../recipes/stored-vector.ts';
import { targetPayloads } from '../recipes/target-payload.ts';
import { firstOf } from './fidelity-checks.ts';

/** The least cosine between a stored vector and its text embedded once more, where the server is as exact as most. */
const minCosine = 0.999;

function leastOf({ witness }: Migration, name: string): number {
  return leastCosine(minCosine, witness[name]?.spread);
}

/** A point with the embedding of its text by target vector name. */
export type EmbeddedPoint = { readonly point: PointText; readonly vectors: Readonly<Record<string, AskedEmbedding>> };

/** The sampled points of the source, embedded once more; or why the fleet could not. */
export type EmbeddedAgain = { readonly points: readonly EmbeddedPoint[] } | { readonly failed: string };

type AgainDeps = Pick<CoordinatorDeps, 'points' | 'setAside' | 'modelCalls' | 'textSources'>;

/** Has the fleet embed the texts of the sampled points; null while it works. Points set aside, or without text, are left out. */
export async function embedSample(deps: AgainDeps, migration: Migration, draw: GateDraw): Promise<EmbeddedAgain | null> {
  const { id, spec, resolved } = migration;
  const ids = draw.points.slice(0, spec.gates.sampledPoints);
  const read = await deps.points.retrieve(resolved.source, { ids, payload: true, vectors: [] });
  const sampled = await withTextsOnce(deps.textSources, migration, read).catch(asFailure);
  if ('failed' in sampled) return sampled;
  const aside = idsOf(await deps.setAside.among(id, ids));
  const points = sampled.filter((point) => !aside.has(point.id)).map((point) => ({ point, vectors: {} }));
  let waits = false;
  for (const { name, recipe } of modelVectors(spec)) {
    const { model, dimensions = null, onLongText } = recipe;
    const texts = points.map(({ point }) => textOf(recipe.text, point));
    const said = spec.models[model];
    const wanted = {
      scope: id,
      model,
      said,
      dimensions,
      kind: 'document',
      onLongText,
      texts: texts.filter((text) => text !== null),
    } as const;
    const embedded = await askEmbeddings(deps, wanted).catch(asFailure);
    if (embedded === null) waits = true;
    else if ('failed' in embedded) return embedded;
    else {
      let at = 0;
      for (const [row, text] of texts.entries()) if (text !== null) Object.assign(points[row]?.vectors ?? {}, { [name]: embedded[at++] });
    }
  }
  return waits ? null : { points };
}

/** Why something could not be measured, in words, and the error where there was one. */
export type Failure = { readonly failed: string; readonly cause?: ReembedError };

/** What waiting mends is waited for; everything else is what the check says. */
export function asFailure(error: unknown): Failure {
  if (!isReembedError(error) || error.retry === 'later') throw error;
  return { failed: `${error.message} [${error.code}]`, cause: error };
}

/**
 * Whether what is stored is what the model gives for the text. A point that was edited in between, or that the target has not caught up
 * with, is looked up again and not blamed.
 */
export async function checkEmbeddedAgain(deps: AgainDeps, migration: Migration, again: EmbeddedAgain): Promise<FidelityCheck> {
  const name = 'embedded-again';
  const inconclusive = (why: string): FidelityCheck => ({
    ...{ name, verdict: 'inconclusive', ids: [] },
    message: `sampled points could not be embedded again: ${why}`,
  });
  if ('failed' in again) return inconclusive(again.failed);
  const seen = again.points.filter(({ vectors }) => Object.keys(vectors).length > 0);
  if (seen.length === 0) return { name, verdict: 'not-measured', message: 'no point was sampled to be embedded again', ids: [] };
  const stored = await storedPoints(deps, migration.spec.target.collection, seen, Object.keys(migration.spec.vectors));
  const suspects = seen.filter((one) => !isStored(migration, one, stored.get(one.point.id)));
  const wrong = await unchanged(deps, migration, suspects, stored).catch(asFailure);
  if ('failed' in wrong) return inconclusive(wrong.failed);
  const wanted = `cosine at least ${leastWanted(migration)} wanted`;
  return wrong.length === 0
    ? { name, verdict: 'pass', message: `${seen.length} points embedded again are what is stored, ${wanted}`, ids: [] }
    : {
        name,
        verdict: 'fail',
        message: `${wrong.length} of ${seen.length} points embedded again are not what is stored, ${wanted}: ${wrong[0]?.why}${hint(migration)}`,
        ids: firstOf(wrong.map(({ id }) => id)),
      };
}

/** By vector where they differ in it. */
function leastWanted(migration: Migration): string {
  const all = modelVectors(migration.spec).map(({ name }) => ({ name, least: leastOf(migration, name) }));
  return new Set(all.map(({ least }) => least)).size === 1
    ? `${all[0]?.least}`
    : all.map(({ name, least }) => `${least} in "${name}"`).join(', ');
}

/** The commonest cause, where nothing else could have noticed it. */
function hint({ spec }: Migration): string {
  if (!readsTextsElsewhere(spec) || spec.sync.hashField !== null) return '';
  const cause = '; a text that was edited where source.textFrom has it does this';
  return isInPlace(spec)
    ? `${cause}: take the vectors of these points away (points/vectors/delete), and they are filled in anew`
    : `${cause}, which sync notices only with sync.hashField: write something to the payloads of these points, and they are embedded again`;
}

async function storedPoints(deps: AgainDeps, collection: string, points: readonly EmbeddedPoint[], vectors: readonly string[]) {
  const ids = points.map(({ point }) => point.id);
  const found = await deps.points.retrieve(collection, { ids, payload: true, vectors });
  return byId(found);
}

function isStored(migration: Migration, { vectors }: EmbeddedPoint, stored: PointText | undefined): boolean {
  return Object.entries(vectors).every(([name, embedded]) => {
    const text = stored?.vectors[name];
    return text !== undefined && 'vector' in embedded && agrees(migration, name, { embedded: embedded.vector, text });
  });
}

type MadeAndStored = { readonly embedded: Float32Array; readonly text: string };

function agrees(migration: Migration, name: string, pair: MadeAndStored): boolean {
  const as = storedAsOf(migration, name);
  if (as.datatype === 'turbo4') return isStoredForm(shapedJson(pair.embedded, shapeOf(migration.spec, name)), pair.text, as);
  return cosineOf(migration, name, pair) >= leastOf(migration, name);
}

/** As the target's datatype keeps it: what rounding takes away is nobody's fault. */
function cosineOf(migration: Migration, name: string, { embedded, text }: MadeAndStored): number {
  const keep = rounded[storedAsOf(migration, name).datatype] ?? ((value) => value);
  return likeness(embedded, text, shapeOf(migration.spec, name), keep);
}

function storedAsOf({ resolved }: Migration, name: string): StoredAs {
  return resolved.storedAs[name] ?? { distance: null, datatype: 'float32' };
}

const rounded: Readonly<Record<string, (value: number) => number>> = {
  float16: (value) => Math.f16round(value),
  uint8: (value) => Math.min(255, Math.max(0, Math.trunc(value))),
};

/** Those of the suspects whose text is the same on both sides, and still the one that was embedded. */
async function unchanged(
  deps: AgainDeps,
  migration: Migration,
  suspects: readonly EmbeddedPoint[],
  stored: PointIdMap<PointText>,
): Promise<{ id: PointText['id']; why: string }[]> {
  if (suspects.length === 0) return [];
  const reads = modelVectors(migration.spec).map(({ name }) => name);
  const read = await storedPoints(deps, migration.resolved.source, suspects, []);
  const texts = await withTextsOnce(deps.textSources, migration, read.values());
  const now = byId(texts);
  return suspects.flatMap((suspect) => {
    const { point } = suspect;
    const [source, target] = [now.get(point.id), stored.get(point.id)];
    if (source === undefined || target === undefined || !isAsItWas(source, point) || !samePayload(migration, source, target)) return [];
    return [{ id: point.id, why: `point ${point.id.id} ${whyNot(migration, suspect, target, reads)}` }];
  });
}

function isAsItWas(now: PointText, before: PointText): boolean {
  return now.payload === before.payload && now.elsewhere === before.elsewhere;
}

/** Whether the target has the payload that the source's is mapped to: then its vectors are of the same texts. */
function samePayload({ spec }: Migration, source: PointText, target: PointText): boolean {
  const wanted = targetPayloads(spec).of(source);
  return 'payload' in wanted && payloadsEqual(wanted.payload, target.payload);
}

function whyNot(migration: Migration, { vectors }: EmbeddedPoint, target: PointText, names: readonly string[]): string {
  const reasons = names.flatMap((name) => {
    const [embedded, text] = [vectors[name], target.vectors[name]];
    if (embedded === undefined) return [];
    if ('refused' in embedded) return [`cannot be embedded again: ${embedded.refused}`];
    if (text === undefined) return [`has no vector "${name}"`];
    if (agrees(migration, name, { embedded: embedded.vector, text })) return [];
    return [`has cosine ${cosineOf(migration, name, { embedded: embedded.vector, text }).toFixed(4)} in "${name}"`];
  });
  return reasons.join(', ');
}
