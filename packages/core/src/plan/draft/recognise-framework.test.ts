import { expect, it } from 'vitest';
import { renderText } from '../../recipes/render-text.ts';
import { recogniseFramework } from './recognise-framework.ts';

/** What each has written into a Qdrant, and the text that it then asked a model to embed. */
const written: readonly [name: string, payload: object, embedded: string][] = [
  // langchain-qdrant 1.1.0 (Python): QdrantVectorStore.add_documents
  ['LangChain', { page_content: 'Green tea is not fermented.', metadata: { source: 'tea.md', page: 3 } }, 'Green tea is not fermented.'],
  // llama-index-vector-stores-qdrant 0.10.4 with llama-index-core 0.14.25: VectorStoreIndex.from_documents, `page_label` excluded from embedding
  [
    'LlamaIndex',
    {
      file_name: 'bread.md',
      page_label: '1',
      tags: null,
      _node_content: JSON.stringify({
        id_: 'a7ba0988-262d-4573-a8c0-7dc74e7dcda7',
        embedding: null,
        metadata: { file_name: 'bread.md', page_label: '1', tags: null },
        excluded_embed_metadata_keys: ['page_label'],
        excluded_llm_metadata_keys: [],
        relationships: { '1': { node_id: '1f4d8f59-43b2-451e-8e9d-81a311562cd6', node_type: '4', class_name: 'RelatedNodeInfo' } },
        metadata_template: '{key}: {value}',
        metadata_separator: '\n',
        text: 'Bread rises because of yeast.',
        mimetype: 'text/plain',
        start_char_idx: 0,
        end_char_idx: 29,
        text_template: '{metadata_str}\n\n{content}',
        class_name: 'TextNode',
      }),
      _node_type: 'TextNode',
      document_id: '1f4d8f59-43b2-451e-8e9d-81a311562cd6',
      doc_id: '1f4d8f59-43b2-451e-8e9d-81a311562cd6',
      ref_doc_id: '1f4d8f59-43b2-451e-8e9d-81a311562cd6',
    },
    'file_name: bread.md\ntags: None\n\nBread rises because of yeast.',
  ],
  // mem0ai 2.2.1: Memory.add(…, user_id='ann', infer=False)
  [
    'mem0',
    {
      topic: 'tea',
      user_id: 'ann',
      role: 'user',
      data: 'I like green tea.',
      hash: 'f7406074ca77e096a059fa89318adc5e',
      created_at: '2026-11-29T22:45:32.469043+00:00',
      updated_at: '2026-11-29T22:45:32.469043+00:00',
      text_lemmatized: 'I like green tea.',
    },
    'I like green tea.',
  ],
  // qdrant-haystack 13.1.0 with haystack-ai 3.4.1: QdrantDocumentStore.write_documents
  [
    'Haystack',
    {
      id: 'ef92d8112383aaf8ac7318822017c29faff519d32c1130859803cf48b24b7cd8',
      content: 'A sailing boat needs wind.',
      blob: null,
      meta: { file: 'boat.md' },
      score: null,
      sparse_embedding: null,
    },
    'A sailing boat needs wind.',
  ],
  // @langchain/qdrant 1.0.3 (JavaScript), which n8n's node calls: QdrantVectorStore.fromDocuments
  [
    'n8n',
    { content: 'Green tea is not fermented.', metadata: { source: 'tea.md', loc: { lines: { from: 1, to: 2 } } } },
    'Green tea is not fermented.',
  ],
  // Read in their code, not run.
  ['Open WebUI', { text: 'a b', metadata: { name: 'f', file_id: 'i' }, tenant_id: 'file-i' }, 'a b'],
  ['Dify', { page_content: 'a b', metadata: { doc_id: 'd', doc_hash: 'h' }, group_id: 'g' }, 'a b'],
  [
    'Roo Code',
    { filePath: 'a.ts', codeChunk: 'let b;', startLine: 1, endLine: 2, segmentHash: 'h', pathSegments: { 0: 'a.ts' } },
    'let b;',
  ],
];

it.each(written)(
  'points of %s are known by their payload, and the template for them gives the text that it embedded',
  (name, payload, embedded) => {
    const framework = recogniseFramework([JSON.stringify(payload)]) ?? expect.fail('not known');
    expect([framework.name, renderText(framework.text, JSON.stringify(payload))]).toEqual([name, embedded]);
  },
);

it('a point of Roo Code that says how far its index is changes nothing, and is known to be there', () => {
  const [code, marker] = [
    { filePath: 'a.ts', codeChunk: 'let b;' },
    { type: 'metadata', indexing_complete: true, completed_at: 1 },
  ];
  const payloads = [...Array.from({ length: 20 }, () => code), marker].map((payload) => JSON.stringify(payload));
  expect(recogniseFramework(payloads)).toMatchObject({ name: 'Roo Code', hasMarkers: true });
});

it('says none where nothing tells, where there are no points, and where only some are of one', () => {
  expect(recogniseFramework(['{"title":"a","text":"b"}'])).toBeNull();
  expect(recogniseFramework([])).toBeNull();
  expect(recogniseFramework(['{"page_content":"a"}', '{"title":"b"}'])).toBeNull();
});
