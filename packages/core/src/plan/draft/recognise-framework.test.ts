import { expect, it } from 'vitest';
import { recogniseFramework } from './recognise-framework.ts';

it.each<[string, object, string]>([
  ['LangChain', { page_content: 'a', metadata: { source: 'b' } }, '{{page_content}}'],
  ['LlamaIndex', { _node_content: '{"text":"a"}', _node_type: 'TextNode', doc_id: 'd' }, '{{_node_content | llamaindex}}'],
  ['mem0', { data: 'likes tea', hash: 'h', user_id: 'u', created_at: '2026' }, '{{data}}'],
  ['Open WebUI', { text: 'a', metadata: { name: 'f' }, tenant_id: 't' }, '{{text}}'],
  ['Dify', { page_content: 'a', metadata: { doc_id: 'd' }, group_id: 'g' }, '{{page_content}}'],
  ['Haystack', { id: 'x', content: 'a', meta: {} }, '{{content}}'],
  ['n8n', { content: 'a', metadata: { loc: {} } }, '{{content}}'],
  ['Roo Code', { filePath: 'a.ts', codeChunk: 'b', startLine: 1, endLine: 2 }, '{{codeChunk}}'],
])('points of %s are known by their payload, and where their text is', (name, payload, text) => {
  expect(recogniseFramework([JSON.stringify(payload)])).toMatchObject({ name, text });
});

it('says none where nothing tells, where there are no points, and where only some are of one', () => {
  expect(recogniseFramework(['{"title":"a","text":"b"}'])).toBeNull();
  expect(recogniseFramework([])).toBeNull();
  expect(recogniseFramework(['{"page_content":"a"}', '{"title":"b"}'])).toBeNull();
});
