import { basename } from 'node:path';
import { z } from 'zod';
import { findOpenModel } from '../records/built-in-models.ts';
import { modelFields, ownEntryFields } from '../records/model-fields.ts';
import { describeQueryPrefix, layOver, standingOf, unknownProfile, withoutUndefined } from '../records/model-profile.ts';
import type { ModelRequest, Provider } from '../records/provider.ts';
import { createTokenizer } from '../tokens/named-tokenizers.ts';
import { documentTokenizer } from '../tokens/tokenizer.ts';
import { createFolderTokenizer } from '../transformers/folder-tokenizer.ts';
import { limitsOf } from '../transformers/model-folder.ts';
import { findOnnxSource, type OnnxProfile, onnxFields } from '../transformers/onnx-source.ts';
import { createTransformersEmbedder } from '../transformers/transformers-embedder.ts';

const { dimensions, dimensionChoices, leastDimensions, documentPrefix, queryPrefix } = modelFields;

/** ONNX models of the hub or of a folder, which transformers.js runs in the worker. */
export const transformers: Provider = {
  kind: 'transformers',
  entry: z
    .strictObject({ ...ownEntryFields, dimensions, dimensionChoices, leastDimensions, documentPrefix, queryPrefix, ...onnxFields })
    .refine(({ folder, revision }) => folder === undefined || revision === undefined, {
      path: ['revision'],
      message: 'is of the hub; the files of a folder are what they are',
    }),
  keyVariable: null,
  baseUrlVariable: null,
  examples: ['transformers/Xenova/all-MiniLM-L6-v2'],
  otherNames: () => 'transformers takes any ONNX model of the hub as <owner>/<name>',
  known: ({ name }) => findOpenModel(name),
  offer(request) {
    const found = profileOf(request);
    if (found === null) return null;
    const profile = { ...found, limits: limitsOf(found) };
    const own = createFolderTokenizer(profile.onnx.folder, createTokenizer(profile.tokenizer));
    const tokenizer = documentTokenizer(own, profile.documentPrefix);
    return {
      profile,
      tokenizer,
      queryHint: queryHint(profile),
      queryCode: () => null,
      shape: 'dense',
      embedder: () => createTransformersEmbedder(found, tokenizer),
    };
  },
};

/** Of what is built in about the model only what its weights are counts: its price and body are those of a server. */
function profileOf({ model, name, entry, env, modelsDir, isAllowed }: ModelRequest): OnnxProfile | null {
  const known = findOpenModel(name);
  const { dimensions, dimensionChoices, leastDimensions, documentPrefix, queryPrefix, pooling, limits } = known?.row ?? {};
  const said = z.object(onnxFields).parse(entry ?? {});
  const onnx = findOnnxSource(name, { ...withoutUndefined({ pooling }), ...withoutUndefined(said) }, { env, modelsDir, isAllowed });
  if (onnx === null) return null;
  const ofModel = { maxInputs: 64, maxInputTokens: limits?.maxInputTokens ?? null };
  const ofRow = {
    dimensions,
    dimensionChoices,
    leastDimensions,
    documentPrefix,
    queryPrefix,
    limits: ofModel,
    pricePerMillionTokensUsd: 0,
  };
  // How much of a text it reads is in its own files.
  const prefixes = { documentPrefix: entry?.documentPrefix, queryPrefix: entry?.queryPrefix };
  return { ...layOver(layOver(unknownProfile(model, name), ofRow), entry ?? {}), onnx, ...standingOf(name, known, prefixes) };
}

function queryHint(profile: OnnxProfile): string {
  const { hub, folder, dtype, pooling, normalise } = profile.onnx;
  const files = hub === null ? `the model of the folder ${basename(folder)}` : `${hub.repository} at revision ${hub.revision}`;
  const how = `${pooling ?? 'its own'} pooling, ${normalise ? 'vectors of length 1' : 'not normalised'}`;
  return `run ${files} (${dtype}, ${how}) where queries are embedded, ${describeQueryPrefix(profile)}; nothing leaves the machine`;
}
