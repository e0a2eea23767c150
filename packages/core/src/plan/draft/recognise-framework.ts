/** Who wrote the points of a collection, told by the fields of their payloads, and where such points hold the text that was embedded. */
export type Framework = {
  readonly name: string;
  /** The template that gives the text. */
  readonly text: string;
  /** What to know before it is taken. */
  readonly note: string | null;
  /** It keeps points without a text among the others, which the copy has to bring along. */
  readonly hasMarkers?: true;
};

type Telltale = Framework & { readonly isOf: (payload: Readonly<Record<string, unknown>>) => boolean };

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The more telling before the less: Dify writes what LangChain does and a group beside it. By what the versions that the test names have sent to
 * a Qdrant, and for Open WebUI, Dify and Roo Code, which are no packages, by their code as it was in 2026.
 */
const telltales: readonly Telltale[] = [
  {
    name: 'LlamaIndex',
    text: '{{_node_content | llamaindex}}',
    note: 'with the lines of metadata that LlamaIndex embeds before the text; {{_node_content.text}} is the text alone',
    isOf: ({ _node_content: node }) => isText(node) && node.startsWith('{'),
  },
  {
    name: 'Roo Code',
    text: '{{codeChunk}}',
    note: 'one of its points holds no code and says that the index is complete: it is copied without a vector',
    hasMarkers: true,
    isOf: ({ codeChunk, filePath }) => isText(codeChunk) && isText(filePath),
  },
  {
    name: 'mem0',
    text: '{{data}}',
    note: 'mem0 asks its own model for queries: change the model in its configuration when the alias moves',
    isOf: ({ data, hash, user_id: user, agent_id: agent, run_id: run }) => isText(data) && isText(hash) && [user, agent, run].some(isText),
  },
  {
    name: 'Dify',
    text: '{{page_content}}',
    note: 'Dify names a collection by itself: the alias has to have the name that it asks',
    isOf: ({ page_content: content, group_id: group }) => isText(content) && isText(group),
  },
  { name: 'LangChain', text: '{{page_content}}', note: null, isOf: ({ page_content: content }) => isText(content) },
  {
    name: 'Open WebUI',
    text: '{{text}}',
    note: null,
    isOf: ({ text, metadata }) => isText(text) && isObject(metadata),
  },
  {
    name: 'n8n',
    text: '{{content}}',
    note: 'or LangChain for JavaScript, which n8n is made with',
    isOf: ({ content, metadata }) => isText(content) && isObject(metadata),
  },
  {
    name: 'Haystack',
    text: '{{content}}',
    note: 'where meta_fields_to_embed is set, put those fields before it',
    isOf: ({ content, meta }) => isText(content) && isObject(meta),
  },
];

/** The framework that at least nine of ten payloads are of; null where none is. `payloads`: JSON texts. */
export function recogniseFramework(payloads: readonly string[]): Framework | null {
  const read = payloads.map((payload) => JSON.parse(payload) as Readonly<Record<string, unknown>>);
  const found = telltales.find(({ isOf }) => read.length > 0 && read.filter(isOf).length >= 0.9 * read.length);
  if (found === undefined) return null;
  const { isOf: _, ...framework } = found;
  return framework;
}
