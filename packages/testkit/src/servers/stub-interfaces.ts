import { createHash } from 'node:crypto';

type Body = Readonly<Record<string, unknown>>;
type Row = { readonly object: 'embedding'; readonly index: number; readonly embedding: readonly number[] | string };

/** What an answer holds. */
export type StubAnswer = {
  readonly body: Body;
  readonly texts: readonly string[];
  readonly vectors: readonly (readonly number[])[];
  readonly tokens: number;
  /** Whether vectors may be written as base64 where the request asks for it. */
  readonly mayEncode: boolean;
  /** What goes wrong with the order of the rows, where they carry an index. */
  readonly misplaced: 'reordered' | 'index-twice' | null;
};

/** How servers of one kind are spoken to, as the vendor documents it. */
export type StubInterface = {
  readonly path: string;
  readonly textsOf: (body: Body) => unknown;
  /** What the request says of its texts that a vector depends on. */
  readonly kindOf: (body: Body) => string;
  readonly sizeOf: (body: Body) => unknown;
  /** What it says, with 429, where a quota is used up. */
  readonly quotaUsedUp: { readonly words: string; readonly code?: string };
  readonly refusal: (status: number, message: string, code: string | null, param: string | null) => unknown;
  readonly reply: (answer: StubAnswer) => unknown;
};

/** Of the rows that the stub makes, one for each word of a text. */
export const stubRowDimensions = 96;

/** Those that the stub speaks. */
export const stubInterfaces = {
  openai: {
    path: '/v1/embeddings',
    textsOf: ({ input }) => input,
    kindOf: () => '',
    sizeOf: ({ dimensions, output_dimension }) => dimensions ?? output_dimension,
    quotaUsedUp: { words: 'You exceeded your current quota', code: 'insufficient_quota' },
    refusal: (status, message, code, param) => ({
      error: { message, type: status === 429 ? 'requests' : 'invalid_request_error', param, code },
    }),
    reply: ({ body, vectors, tokens, mayEncode, misplaced }) => {
      const base64 = body.encoding_format === 'base64' && mayEncode;
      const data = vectors.map((vector, index): Row => ({ object: 'embedding', index, embedding: base64 ? toBase64(vector) : vector }));
      return {
        object: 'list',
        model: body.model,
        data: misplace(data, misplaced),
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      };
    },
  },
  cohere: {
    path: '/v2/embed',
    textsOf: ({ texts }) => texts,
    kindOf: ({ input_type }) => String(input_type),
    sizeOf: ({ output_dimension }) => output_dimension,
    quotaUsedUp: { words: 'You are using a Trial key, which is limited to 1000 API calls / month' },
    refusal: (_, message) => ({ id: 'stub', message }),
    reply: ({ texts, vectors, tokens }) => ({
      id: 'stub',
      embeddings: { float: vectors },
      texts,
      meta: { billed_units: { input_tokens: tokens } },
    }),
  },
  teiSparse: {
    path: '/embed_sparse',
    textsOf: ({ inputs }) => inputs,
    kindOf: () => '',
    sizeOf: () => 1,
    quotaUsedUp: { words: 'Model is overloaded' },
    refusal: (_, message) => ({ error: message, error_type: 'validation' }),
    reply: ({ texts, vectors }) => texts.slice(texts.length - vectors.length).map(stubWords),
  },
  vllmRows: {
    path: '/pooling',
    textsOf: ({ input }) => input,
    kindOf: () => '',
    sizeOf: () => stubRowDimensions,
    quotaUsedUp: { words: 'Too many requests' },
    refusal: (status, message) => ({ error: { message, type: 'BadRequestError', param: null, code: status } }),
    reply: ({ body, texts, vectors, tokens, misplaced }) => {
      const data = texts
        .slice(texts.length - vectors.length)
        .map((text, index) => ({ index, object: 'pooling', data: wordsOf(text).map((word) => rowOf(word)) }));
      return { object: 'list', model: body.model, data: misplace(data, misplaced), usage: { prompt_tokens: tokens, total_tokens: tokens } };
    },
  },
} as const satisfies Readonly<Record<string, StubInterface>>;

export type StubEndpoint = keyof typeof stubInterfaces;

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['.'];
}

function hashOf(word: string): Buffer {
  return createHash('sha256').update(word).digest();
}

/** Every word of the text once, of a vocabulary as large as BERT's, weighed by how often it is there; from the last to the first, as no client should mind. */
export function stubWords(text: string): { readonly index: number; readonly value: number }[] {
  const found = Map.groupBy(wordsOf(text), (word) => hashOf(word).readUInt32LE(0) % 30_522);
  return [...found].map(([index, { length }]) => ({ index, value: Math.fround(Math.log1p(length)) })).sort((a, b) => b.index - a.index);
}

/** A direction of its own for each word. */
function rowOf(word: string): number[] {
  const hash = hashOf(word);
  const values = Array.from({ length: stubRowDimensions }, (_, at) => ((hash[at % hash.length] ?? 0) - 127.5) * (1 + (at % 7)));
  const norm = Math.hypot(...values);
  return values.map((value) => Math.fround(value / norm));
}

function misplace<Row extends { readonly index: number }>(rows: Row[], misplaced: StubAnswer['misplaced']): Row[] {
  if (misplaced === 'reordered') return rows.reverse();
  if (misplaced === 'index-twice') return rows.map((row) => ({ ...row, index: 0 }));
  return rows;
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
