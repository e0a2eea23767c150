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
} as const satisfies Readonly<Record<string, StubInterface>>;

export type StubEndpoint = keyof typeof stubInterfaces;

function misplace(rows: Row[], misplaced: StubAnswer['misplaced']): Row[] {
  if (misplaced === 'reordered') return rows.reverse();
  if (misplaced === 'index-twice') return rows.map((row) => ({ ...row, index: 0 }));
  return rows;
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
