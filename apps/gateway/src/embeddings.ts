import type { IncomingMessage } from 'node:http';
import { anyModel, type Connected } from '@reembed/client';
import type { VectorOrigin } from '@reembed/contracts';
import { inWords, ReembedError } from '@reembed/core';
import { z } from 'zod';
import type { Answer } from './answer.ts';
import { collectionHeader, inHeader } from './collection-header.ts';
import { readBody } from './read-body.ts';

/** Texts of a request: https://platform.openai.com/docs/api-reference/embeddings */
const mostTexts = 2_048;
const mostBytes = 32 * 2 ** 20;

/** As OpenAI's API has it; a field that it has and that changes no vector is let be. */
const requestSchema = z.object({
  /** An alias or a collection; with several vectors `alias/vector`. */
  model: z.string(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(mostTexts)], { error: `wants a text, or a list of up to ${mostTexts} texts` }),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.int().positive().optional(),
  /** Not of OpenAI: what the text is. */
  input_type: z.enum(['query', 'document']).default('query'),
});

/**
 * `POST /v1/embeddings`, for applications that embed themselves: vectors of the model that made the collection which the alias names now. The
 * answer names it, so that the application searches that very collection.
 */
export function serveEmbeddings({ places, texts }: Pick<Connected, 'places' | 'texts'>) {
  return async (request: IncomingMessage): Promise<Answer> => {
    const { model, input, encoding_format, dimensions, input_type: kind } = await readRequest(request);
    const [name = '', ...rest] = model.split('/');
    const { collection, origins } = await places.find(name);
    if (origins === null) throw new ReembedError('qdrant-not-found', `the model is an alias or a collection, and there is none "${name}"`);
    const { vector, origin } = chooseVector(name, rest.join('/') || null, origins);
    if (dimensions !== undefined && dimensions !== origin.dimensions)
      throw new ReembedError(
        'invalid-request',
        `dimensions: ${dimensions} was asked for, and vectors of "${collection}" have ${origin.dimensions}`,
      );
    const list = typeof input === 'string' ? [input] : input;
    const embedded = await texts.embed(origin, { vector, kind, model: anyModel }, list);
    const spell = encoding_format === 'float' ? (found: Float32Array) => [...found] : toBase64;
    const data = embedded.map((found, index) => ({ object: 'embedding', index, embedding: spell(found) }));
    return {
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', [collectionHeader]: inHeader(collection) },
      body: JSON.stringify({ object: 'list', data, model: origin.model, collection, vector }),
    };
  };
}

async function readRequest(request: IncomingMessage) {
  const { body } = await readBody(request, request.headers, mostBytes);
  const read = requestSchema.safeParse(parsed(body));
  if (read.success) return read.data;
  const issues = read.error.issues.map(({ path, message }) => ({ field: path.join('.'), value: undefined, message }));
  throw new ReembedError('invalid-request', inWords('the request is not valid', issues), { issues });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new ReembedError('invalid-request', 'the body is no JSON', { cause });
  }
}

function chooseVector(name: string, wanted: string | null, origins: Readonly<Record<string, VectorOrigin>>) {
  const dense = Object.entries(origins).filter(([vector, origin]) => (wanted === null ? origin.dimensions > 0 : vector === wanted));
  const [found] = dense;
  if (found !== undefined && dense.length === 1) return { vector: found[0], origin: found[1] };
  const several = dense.map(([vector]) => `"${name}/${vector}"`).join(', ');
  throw new ReembedError(
    'invalid-request',
    found === undefined
      ? `nothing says what made the vectors of "${name}": its metadata have to (reembed.vectors)`
      : `"${name}" has several vectors: name one as the model, ${several}`,
  );
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}
