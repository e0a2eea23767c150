import { createHash } from 'node:crypto';
import { type EmbedCall, type ModelCallJob, maxTextsPerCall } from '@reembed/contracts';
import { errorOf, ReembedError } from '../domain/error.ts';
import { vectorFromBase64, vectorToBase64 } from '../domain/vector-base64.ts';
import type { BatchOwner } from '../ports/batches.ts';
import type { ModelCallAnswer, ModelCalls } from '../ports/fleet.ts';
import type { EmbedContext } from './embed-texts.ts';
import { embedWhole } from './embed-whole.ts';
import { takeFirstWitness } from './witness.ts';

export type AskDeps = { readonly modelCalls: ModelCalls };

/**
 * Asks the fleet; null while there is no answer: ask again later. A call that failed is forgotten, so that asking again is a new call; throws
 * the provider's error under its own code, which says whether waiting can help.
 */
export async function askModel({ modelCalls }: AskDeps, job: ModelCallJob): Promise<ModelCallAnswer | null> {
  const result = await modelCalls.result(job.callId);
  if (result === null) {
    await modelCalls.request(job);
    return null;
  }
  if (result.ok) return result.answer;
  await modelCalls.forget(job.callId);
  throw errorOf(result);
}

/** Whose embeddings are wanted, and made how. */
export type EmbeddingsWanted = Pick<EmbedCall, 'model' | 'said' | 'dimensions' | 'kind' | 'onLongText' | 'mayRefuseAll'> & {
  /** What the ids of the calls begin with: a migration's id, or a plan's (`scopeOfCall`). */
  readonly scope: string;
  readonly texts: readonly string[];
};

/** Characters of one call, unless a single text is longer. */
const maxCharsPerCall = 200_000;

/** By text, in their order: its vector, or why it has none. */
export type AskedEmbedding = { readonly vector: Float32Array } | { readonly refused: string };

/**
 * Has workers embed texts, in calls of a bounded size that are all asked for at once; null while any has yet to be answered. The ids of the
 * calls are made of what is asked, so that a caller that begins again finds what was answered. Equal texts are sent once. Throws as askModel.
 */
export async function askEmbeddings(deps: AskDeps, wanted: EmbeddingsWanted): Promise<AskedEmbedding[] | null> {
  const { scope, texts, ...how } = wanted;
  const found = new Map<string, AskedEmbedding>();
  let waits = false;
  for (const chunk of cut([...new Set(texts)])) {
    const answer = await askModel(deps, { callId: callId(scope, how, chunk), call: 'embed', ...how, texts: chunk });
    if (answer?.call !== 'embed') waits = true;
    else for (const [at, text] of chunk.entries()) found.set(text, read(answer.embedded[at]));
  }
  return waits ? null : texts.map((text) => found.get(text) ?? { refused: 'the answer leaves it out' });
}

function read(embedded: Extract<ModelCallAnswer, { call: 'embed' }>['embedded'][number] | undefined): AskedEmbedding {
  if (embedded === undefined) return { refused: 'the answer leaves it out' };
  return 'vector' in embedded ? { vector: vectorFromBase64(embedded.vector) } : embedded;
}

function cut(texts: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    const last = chunks.at(-1);
    chars += text.length;
    if (last !== undefined && last.length < maxTextsPerCall && chars <= maxCharsPerCall) last.push(text);
    else {
      chunks.push([text]);
      chars = text.length;
    }
  }
  return chunks;
}

function callId(scope: string, how: Omit<EmbeddingsWanted, 'scope' | 'texts'>, texts: readonly string[]): string {
  const asked = JSON.stringify([how.model, how.said, how.dimensions, how.kind, how.onLongText, texts]);
  return `${scope}-embed-${createHash('sha256').update(asked).digest('hex').slice(0, 32)}`;
}

/** The migration, or whatever else, that a call is made for: ids of calls begin with it. */
export function scopeOfCall({ callId }: Pick<ModelCallJob, 'callId'>): string {
  return callId.slice(0, Math.max(0, callId.search(/-(embed|witness)-[^-]*$/)));
}

async function endBatches({ embedder, signal }: EmbedContext, owner: BatchOwner): Promise<number> {
  return (await embedder.batches?.endAll(owner, signal)) ?? 0;
}

/** A worker's part of a model call; `context` is of the job's model and dimensions. Throws what embedTexts throws. */
export async function serveModelCall(context: EmbedContext, job: ModelCallJob): Promise<ModelCallAnswer> {
  if (job.call === 'witness') return { call: 'witness', witness: await takeFirstWitness(context) };
  if (job.call === 'end-batches') return { call: job.call, stopped: await endBatches(context, { id: job.owner, since: job.since }) };
  const { outcomes } = await embedWhole({ ...context, kind: job.kind, mayRefuseAll: job.mayRefuseAll }, job, job.texts);
  return {
    call: 'embed',
    embedded: outcomes.map((outcome) =>
      outcome instanceof ReembedError ? { refused: `${outcome.message} [${outcome.code}]` } : { vector: vectorToBase64(outcome) },
    ),
  };
}
