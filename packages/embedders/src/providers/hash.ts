import { type Embedder, ReembedError } from '@reembed/core';
import { z } from 'zod';
import { ownEntryFields } from '../records/model-fields.ts';
import { layOver, type ModelProfile, unknownProfile } from '../records/model-profile.ts';
import { type ModelRequest, type Provider, runsHereAlone } from '../records/provider.ts';
import { checkDimensionsAsked, checkEmbeddings, checkInputs } from '../replies/check-embeddings.ts';
import { documentTokenizer, sumTokens, type Tokenizer } from '../tokens/tokenizer.ts';

type HashProfile = ModelProfile & { readonly dimensions: number };

const dimensionsRange = { least: 16, most: 4096 } as const;

/** `hash/<dimensions>` for tests and demos: any number of dimensions within the range, and nothing else to say of it. */
export const hash: Provider = {
  kind: 'hash',
  entry: z.strictObject({ model: ownEntryFields.model }),
  keyVariable: null,
  baseUrlVariable: null,
  examples: ['hash/256'],
  otherNames: () => `hash takes ${dimensionsRange.least} to ${dimensionsRange.most} dimensions`,
  known: () => undefined,
  offer(request) {
    const profile = profileOf(request);
    return (
      profile && {
        profile,
        tokenizer: documentTokenizer(wordTokenizer),
        queryHint: runsHereAlone(profile.model),
        queryCode: () => null,
        shape: 'dense',
        embedder: () => createHashEmbedder(profile),
      }
    );
  },
};

function profileOf({ model, name }: ModelRequest): HashProfile | null {
  const dimensions = /^\d+$/.test(name) ? Number(name) : 0;
  if (dimensions < dimensionsRange.least || dimensions > dimensionsRange.most) return null;
  return { ...layOver(unknownProfile(model, name), { limits: { maxInputs: 1024 }, pricePerMillionTokensUsd: 0 }), dimensions };
}

/**
 * `hash/<dimensions>`: feature hashing of words and word pairs. A plain model that needs neither weights nor network and gives the same
 * bytes on every machine: for tests, and as the old model of the demo. Two texts are near where they share words.
 *
 * Weinberger et al., Feature Hashing for Large Scale Multitask Learning (arXiv 0902.2206): each feature adds ±(1 + ln tf) to one place;
 * the vector is L2-normalised. Throws `provider-refused-input` for a text without a single word.
 */
function createHashEmbedder(profile: HashProfile): Embedder {
  const { model, dimensions, limits } = profile;
  const tokenizer = documentTokenizer(wordTokenizer);
  return {
    model,
    limits,
    ...tokenizer,
    async embed(texts, request) {
      request.signal?.throwIfAborted();
      checkDimensionsAsked(profile, request.dimensions);
      checkInputs(profile, texts);
      const rows = texts.map((text, index) => hashText(model, text, index, dimensions));
      return { ...checkEmbeddings({ model, rows, count: texts.length, dimensions }), tokens: await sumTokens(tokenizer, texts) };
    },
    async close() {},
  };
}

/** A word, or a character of a script that writes no spaces. */
const wordPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}])+/gu;

const wordTokenizer: Tokenizer = {
  exact: true,
  countTokens: (text) => text.match(wordPattern)?.length ?? 0,
  truncate(text, maxTokens) {
    let count = 0;
    for (const match of text.matchAll(wordPattern)) {
      if (count === maxTokens) return text.slice(0, match.index);
      count += 1;
    }
    return text;
  },
};

function hashText(model: string, text: string, index: number, dimensions: number): Float32Array {
  const counts = countFeatures(text);
  if (counts.size === 0) {
    throw new ReembedError('provider-refused-input', `${model} refuses text ${index}: it has no word to hash; leave such points out`);
  }
  const signed = addFeatures(counts, dimensions, (hash) => (hash & 0x80000000 ? -1 : 1));
  // Signs may cancel each other out, in few dimensions and short texts; a zero vector would be found by nobody.
  return normalise(signed) ?? normalise(addFeatures(counts, dimensions, () => 1)) ?? new Float32Array(dimensions);
}

function countFeatures(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const found = text.normalize('NFKC').toLowerCase().match(wordPattern) ?? [];
  const add = (feature: string) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  found.forEach((word, at) => {
    add(word);
    const next = found[at + 1];
    if (next !== undefined) add(`${word} ${next}`);
  });
  return counts;
}

function addFeatures(counts: ReadonlyMap<string, number>, dimensions: number, sign: (hash: number) => number): Float64Array {
  const vector = new Float64Array(dimensions);
  for (const [feature, count] of counts) {
    const hash = hash32(feature);
    const place = (hash & 0x7fffffff) % dimensions;
    vector[place] = (vector[place] ?? 0) + sign(hash) * (1 + Math.log(count));
  }
  return vector;
}

function normalise(vector: Float64Array): Float32Array | null {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return norm > 1e-9 ? Float32Array.from(vector, (value) => value / norm) : null;
}

/** FNV-1a over UTF-16 units, finished as MurmurHash3 does: FNV alone leaves the high bits, and so the sign, poorly mixed. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
