import { type Embedder, type EmbedRequest, isReembedError, ReembedError } from '@reembed/core';
import { createModelPool } from '../here/model-pool.ts';
import { explainRunFailure, runInParts, untilAborted } from '../here/run-in-parts.ts';
import { prefixOf } from '../records/model-profile.ts';
import { checkDimensionsAsked, checkEmbeddings, checkInputs, checkTokens } from '../replies/check-embeddings.ts';
import { takeTurn } from '../tokens/take-turns.ts';
import type { DocumentTokenizer } from '../tokens/tokenizer.ts';
import { encodeWith } from './folder-tokenizer.ts';
import { checkFolder, limitsOf } from './model-folder.ts';
import type { OnnxProfile } from './onnx-source.ts';
import { explainThreadFailure } from './thread-failure.ts';

/**
 * A run takes memory by its padded tokens; larger ones are not faster on a CPU. q8 takes each text alone: dynamic quantisation finds its
 * scale in the whole batch, so that the vector of a text would depend on the texts beside it (cosines of 0.98 were seen).
 */
const paddedTokensAtOnce = { fp32: 2048, fp16: 2048, q8: 0 } as const;

/**
 * `transformers/*`: an ONNX sentence model of a folder or of the hub, run by transformers.js in a thread of its own. Package and weights
 * are loaded, and downloaded where need be, at the first embed. Besides what the port says it throws `model-missing` and `invalid-config`.
 * `close` ends the thread; what is in flight then ends as `provider-unreachable`.
 */
export function createTransformersEmbedder(profile: OnnxProfile, tokenizer: DocumentTokenizer): Embedder {
  const { model, onnx } = profile;
  const entry = new URL(`./transformers-thread${import.meta.url.slice(-3)}`, import.meta.url);
  const pool = createModelPool({ size: 1, entry, workerData: onnx });
  let ready: Promise<unknown> | undefined;

  async function load(): Promise<void> {
    if (onnx.hub === null) checkFolder(model, onnx);
    await pool.run([]);
  }

  async function embedRows(texts: readonly string[], kind: EmbedRequest['kind']) {
    ready ??= load();
    await ready.catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    const ids = await encodeTexts(profile, texts, kind);
    return {
      rows: await runInParts(ids, paddedTokensAtOnce[onnx.dtype], pool.run),
      tokens: ids.reduce((sum, { length }) => sum + length, 0),
    };
  }

  return {
    model,
    get limits() {
      return limitsOf(profile);
    },
    countTokens: tokenizer.countTokens,
    get exactTokens() {
      return tokenizer.exactTokens;
    },
    truncate: tokenizer.truncate,
    async embed(texts, { kind, signal, dimensions: asked }) {
      signal?.throwIfAborted();
      checkDimensionsAsked(profile, asked);
      checkInputs(profile, texts);
      const running = embedRows(texts, kind).catch((cause: unknown) => {
        throw isReembedError(cause) ? cause : (explainThreadFailure(profile, cause) ?? explainRunFailure(model, cause));
      });
      const { rows, tokens } = await untilAborted(running, signal);
      const dimensions = checkSize(profile, rows[0]?.length ?? 0, asked);
      const fitted = rows.map((row) => fitRow(row, dimensions, onnx.normalise));
      return { ...checkEmbeddings({ model, rows: fitted, count: texts.length, dimensions }), tokens };
    },
    close: pool.close,
  };
}

async function encodeTexts(profile: OnnxProfile, texts: readonly string[], kind: EmbedRequest['kind']): Promise<number[][]> {
  const { folder } = profile.onnx;
  const prefix = prefixOf(profile, kind);
  const around = encodeWith(folder, prefix).length;
  const limits = limitsOf(profile);
  const encoded: number[][] = [];
  for (const [index, text] of texts.entries()) {
    await takeTurn();
    const ids = encodeWith(folder, prefix + text);
    checkTokens({ model: profile.model, limits }, ids.length <= around ? 0 : ids.length, index);
    encoded.push(ids);
  }
  return encoded;
}

/** The size to cut to, now that the model has shown its own. */
function checkSize(profile: OnnxProfile, size: number, asked: number | undefined): number {
  const { model, dimensions } = profile;
  if (dimensions !== null && dimensions !== size) {
    throw new ReembedError(
      'invalid-config',
      `${model} gives ${size} dimensions, not ${dimensions}; mend dimensions of its entry in reembed.config.yaml`,
    );
  }
  checkDimensionsAsked({ ...profile, dimensions: size }, asked);
  return asked ?? size;
}

/** A Matryoshka model is cut before it is brought to length 1. */
function fitRow(row: Float32Array, dimensions: number, normalise: boolean): Float32Array {
  const cut = row.subarray(0, dimensions);
  const norm = Math.sqrt(cut.reduce((sum, value) => sum + value * value, 0));
  return normalise && norm > 0 ? cut.map((value) => value / norm) : cut;
}
