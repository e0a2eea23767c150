import { expect, it } from 'vitest';
import nodes from './fixtures/llama-index-nodes.json' with { type: 'json' };
import { llamaIndexText } from './llama-index-text.ts';
import { renderText } from './render-text.ts';

// Written by llama-index-core 0.14.25: `node_to_metadata_dict(node)` and `node.get_content(MetadataMode.EMBED)`.
it.each(nodes)('a stored node gives the text that LlamaIndex embeds: $name', ({ node_content, text }) => {
  expect(llamaIndexText(JSON.stringify(node_content))).toBe(text);
  expect(renderText('{{_node_content | llamaindex}}', JSON.stringify({ _node_content: node_content }))).toBe(text.trim());
});

it('a stored node can be read field by field too', () => {
  const payload = JSON.stringify({ _node_content: nodes[1]?.node_content });
  expect(renderText('{{_node_content.metadata.file_name}}: {{_node_content.text}}', payload)).toBe('a.pdf: Body.\nMore.');
});

it('an older node, and one that keeps its text in a resource, are read alike', () => {
  const old = { text: 'Body', metadata: { a: 1, b: 2 }, metadata_seperator: '; ' };
  expect(llamaIndexText(JSON.stringify(old))).toBe('a: 1; b: 2\n\nBody');
  expect(llamaIndexText(JSON.stringify({ text_resource: { text: 'Body' }, metadata: { a: 1 } }))).toBe('a: 1\n\nBody');
});

it.each([
  ['no object', '"words"'],
  ['a node without text', '{"metadata":{"a":1}}'],
  ['a template that holds more than names', '{"text":"x","metadata":{"a":1},"metadata_template":"{key!r}: {value:>5}"}'],
  ['a template that names what it is not given', '{"text":"x","metadata":{"a":1},"text_template":"{content} {other}"}'],
])('there is no text in %s', (_what, node) => {
  expect(llamaIndexText(node)).toBe('');
});
