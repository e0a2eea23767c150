import type { QueryCode } from '@reembed/core';
import type { ModelProfile } from './model-profile.ts';

/** Code that makes `vector` of `query` as the model wants it; null for models that only reembed's own process runs. */
export function queryCode(profile: ModelProfile, dimensions: number | null): QueryCode | null {
  if (profile.provider === 'openai') return openAiCode(profile, dimensions);
  if (profile.provider === 'cohere') return cohereCode(profile, dimensions);
  return null;
}

function openAiCode(profile: ModelProfile, dimensions: number | null): QueryCode {
  const { providerModel, baseUrl, apiKeyEnv, queryBody } = profile;
  const model = JSON.stringify(providerModel);
  const size = sizeAsked(profile, dimensions);
  const body = Object.keys(queryBody).length === 0 ? null : queryBody;
  // Servers that want no key get one all the same: the clients do not go without.
  const key =
    apiKeyEnv === null
      ? { python: '"none"', typescript: "'none'" }
      : { python: `os.environ["${apiKeyEnv}"]`, typescript: `process.env.${apiKeyEnv}` };
  const where = baseUrl === null ? null : JSON.stringify(baseUrl);
  return {
    python: [
      ...(apiKeyEnv === null ? [] : ['import os']),
      'from openai import OpenAI',
      `openai = OpenAI(api_key=${key.python}${where === null ? '' : `, base_url=${where}`})`,
      `reply = openai.embeddings.create(model=${model}, input=${input(profile)},`,
      `    encoding_format="float"${size === null ? '' : `, dimensions=${size}`}${body === null ? '' : `, extra_body=${pythonLiteral(body)}`})`,
      'vector = reply.data[0].embedding',
    ].join('\n'),
    typescript: [
      "import OpenAI from 'openai';",
      `const openai = new OpenAI({ apiKey: ${key.typescript}${where === null ? '' : `, baseURL: ${where}`} });`,
      `const reply = await openai.embeddings.create({ model: ${model}, input: ${input(profile)},`,
      `  encoding_format: 'float'${size === null ? '' : `, dimensions: ${size}`}${body === null ? '' : `, ...${JSON.stringify(body)}`} });`,
      'const vector = reply.data[0].embedding;',
    ].join('\n'),
  };
}

function cohereCode(profile: ModelProfile, dimensions: number | null): QueryCode {
  const model = JSON.stringify(profile.providerModel);
  const size = sizeAsked(profile, dimensions);
  return {
    python: [
      'import cohere',
      `reply = cohere.ClientV2().embed(model=${model}, texts=[${input(profile)}], input_type="search_query",`,
      `    embedding_types=["float"]${size === null ? '' : `, output_dimension=${size}`})`,
      'vector = reply.embeddings.float_[0]',
    ].join('\n'),
    typescript: [
      "import { CohereClientV2 } from 'cohere-ai';",
      `const reply = await new CohereClientV2().embed({ model: ${model}, texts: [${input(profile)}], inputType: 'search_query',`,
      `  embeddingTypes: ['float']${size === null ? '' : `, outputDimension: ${size}`} });`,
      'const vector = reply.embeddings.float[0];',
    ].join('\n'),
  };
}

/** JSON is Python but for three words. */
function pythonLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}: ${pythonLiteral(member)}`)
      .join(', ')}}`;
  if (typeof value === 'string') return JSON.stringify(value);
  return { true: 'True', false: 'False', null: 'None' }[String(value)] ?? JSON.stringify(value);
}

function input({ queryPrefix }: ModelProfile): string {
  return queryPrefix === '' ? 'query' : `${JSON.stringify(queryPrefix)} + query`;
}

/** What the request has to say of the size: nothing where it is the model's own. */
function sizeAsked({ dimensions: own }: ModelProfile, wanted: number | null): number | null {
  return wanted === own ? null : wanted;
}
