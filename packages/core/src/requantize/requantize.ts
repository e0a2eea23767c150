import {
  metadataKeys,
  type Overlap,
  type Requantization,
  type RequantizedVector,
  type RequantizeMetadata,
  type RequantizeRequest,
  requantizeBodySchema,
} from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { inWords, toIssues } from '../domain/parse-spec.ts';
import { unsettledAfterPatch } from '../gates/fidelity-checks.ts';
import { footprint, sizeOf } from '../plan/advice/footprint.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { actFreshly } from '../stages/fresh-act.ts';
import { judgeOverlap, measureOverlap } from './overlap.ts';
import { requantizeCommands, requantizePatch, sameStorage, storageOf } from './requantize-patch.ts';
import {
  checkNotAtWork,
  isInForce,
  type Remembered,
  type RequantizeScene,
  readScene,
  remembered,
  requantizeWarnings,
} from './requantize-scene.ts';

export type RequantizeDeps = Pick<CoordinatorDeps, 'collections' | 'points' | 'searches' | 'clock' | 'requestTimeoutMs'>;

/** All vectors together, before as after, so that a reply comes within the minutes an HTTP client waits. */
const measuringMs = 60_000;

/** What is asked after the change, besides the search that says nothing of quantization. */
const rescoring = [null, { rescore: false }, { rescore: true, oversampling: 3 }] as const;

/** Throws `invalid-request` with every fault: field, value and the way out. */
export function parseRequantize(input: unknown): RequantizeRequest {
  const parsed = requantizeBodySchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => toIssues(issue, input));
  throw new ReembedError('invalid-request', inWords('the request is not valid', issues), { issues });
}

/**
 * One step of a change of quantization, safe to ask again at any time: what it would do; with `apply`, the measurement before and the PATCH;
 * and once the setting is in force, how far Qdrant is, and in the end the measurement after. What was before is kept in the collection's
 * metadata, so that nothing has to be remembered here. Throws `plan-blocked`, and `wrong-state` where a migration is at work.
 */
export async function requantize(deps: RequantizeDeps, request: RequantizeRequest, signal?: AbortSignal): Promise<Requantization> {
  const scene = await readScene(deps.collections, request);
  if (isInForce(scene)) return whereItStands(deps, scene, signal);
  await checkNotAtWork(deps.collections, scene.info.name);
  if (!request.apply) return reply(scene, { state: 'planned', waiting: null });
  const before = await measureBefore(deps, scene, signal);
  // Measuring takes its time: a migration may have begun, or somebody else have changed the same.
  const { info } = await readScene(deps.collections, request);
  const look = async () => {
    await checkNotAtWork(deps.collections, info.name);
    const now = await readScene(deps.collections, { ...request, collection: info.name });
    return isInForce(now) ? null : now;
  };
  // Whoever slept would note as what was before what others have changed since, or disturb a migration that has begun since.
  await actFreshly(deps, look, (now) => noteBefore(deps, now, before));
  await actFreshly(deps, look, (now) => deps.collections.patch(info.name, requantizePatch(now.info, now.wanted)));
  return whereItStands(deps, await readScene(deps.collections, request), signal);
}

/** What was before goes first: whatever dies in between, a changed setting never stands without it. */
async function noteBefore(
  { collections, clock }: RequantizeDeps,
  scene: RequantizeScene,
  before: ReadonlyMap<string, Overlap>,
): Promise<void> {
  const { info, wanted } = scene;
  const kept = [...wanted].map(([name, to]) => [name, { from: storageOf(info, name), to, before: before.get(name) ?? null }] as const);
  const note: RequantizeMetadata = { at: isoNow({ clock }), vectors: { ...remembered(scene), ...Object.fromEntries(kept) } };
  await collections.patch(info.name, { metadata: { [metadataKeys.requantize]: note } });
}

async function measureBefore(deps: RequantizeDeps, { info, wanted, request }: RequantizeScene, signal?: AbortSignal) {
  const measured = new Map<string, Overlap>();
  for (const vector of wanted.keys()) {
    const options = { collection: info.name, vector, searches: [null], queries: request.queries, budgetMs: measuringMs / wanted.size };
    const [found] = await measureOverlap(deps, { ...options, signal });
    if (found !== undefined) measured.set(vector, found);
  }
  return measured;
}

async function whereItStands(deps: RequantizeDeps, scene: RequantizeScene, signal?: AbortSignal): Promise<Requantization> {
  const waiting = await unsettledAfterPatch(deps, scene.info.name);
  if (waiting !== null) {
    await nudge(deps, scene);
    return reply(scene, { state: 'optimizing', waiting });
  }
  const after = new Map<string, RequantizedVector['after']>();
  for (const [vector, { quantization }] of scene.wanted) {
    const searches = quantization === null ? [null] : rescoring;
    const options = { collection: scene.info.name, vector, searches, queries: scene.request.queries };
    after.set(vector, await measureOverlap(deps, { ...options, budgetMs: measuringMs / scene.wanted.size, signal }));
  }
  return reply(scene, { state: 'done', waiting: null, after });
}

/** After a restart Qdrant leaves what it was at (status grey) until something is written (seen on 1.19); a write that changes nothing will do. */
async function nudge({ collections }: RequantizeDeps, { info, indexing }: RequantizeScene): Promise<void> {
  if (indexing.status === 'grey' && Object.keys(remembered({ info })).length > 0) await collections.flush(info.name);
}

type Standing = Pick<Requantization, 'state' | 'waiting'> & { readonly after?: ReadonlyMap<string, RequantizedVector['after']> };

function reply(scene: RequantizeScene, { state, waiting, after }: Standing): Requantization {
  const { info, wanted } = scene;
  const known = state === 'planned' ? {} : remembered(scene);
  const changed = Object.entries(known).filter(([name, { from, to }]) => wanted.has(name) && !sameStorage(from, to));
  return {
    collection: info.name,
    points: info.pointsCount,
    state,
    vectors: [...wanted.keys()].map((name) => vectorReply(scene, name, known, after)),
    warnings: requantizeWarnings(scene),
    waiting,
    undo: requantizeCommands(info, new Map(changed.map(([name, { from }]) => [name, from]))),
  };
}

function vectorReply({ info, wanted }: RequantizeScene, vector: string, known: Remembered, measured: Standing['after']): RequantizedVector {
  const now = storageOf(info, vector);
  const to = wanted.get(vector) ?? now;
  const from = known[vector]?.from ?? now;
  const before = known[vector]?.before ?? null;
  const after = measured?.get(vector) ?? [];
  const judged = measured === undefined ? { verdict: null, says: null } : judgeOverlap({ from, to, before, after });
  const memoryBytes = { before: memory(info, vector, from), after: memory(info, vector, to) };
  return { vector, dimensions: info.vectors[vector]?.size ?? 0, from, to, memoryBytes, before, after, ...judged };
}

function memory(info: CollectionInfo, vector: string, { quantization, originals }: RequantizedVector['to']): number {
  const params = { ...info.vectors[vector], quantization_config: quantization, on_disk: originals === 'disk', memory: null };
  const size = sizeOf({ ...info, quantizationConfig: null }, params, info.vectors[vector]?.size ?? 0);
  return footprint(info.pointsCount, [size], { bytes: 0, onDisk: true }).memoryBytes;
}
