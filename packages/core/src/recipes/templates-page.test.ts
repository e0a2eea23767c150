import { readFileSync } from 'node:fs';
import { templateFault } from '@reembed/contracts';
import { expect, it } from 'vitest';
import nodes from './fixtures/llama-index-nodes.json' with { type: 'json' };
import { renderText } from './render-text.ts';

const page = readFileSync(new URL('../../../../docs/templates.md', import.meta.url), 'utf8');

function part(name: string): string {
  return new RegExp(`<!-- ${name}: [^>]*-->(.*?)<!-- /${name} -->`, 's').exec(page)?.[1] ?? '';
}

/** The rows of the table of a part, but for its head. A `|` in a cell is escaped. */
function rows(name: string): [string, string][] {
  const cells = part(name).matchAll(/^\| (.+?[^\\]) \| (.+?[^\\]) \|$/gm);
  const plain = (cell = '') => cell.replaceAll('\\|', '|').replace(/^`(.*)`$/, '$1');
  return [...cells].map(([, left, right]): [string, string] => [plain(left), plain(right)]).slice(2);
}

const payload = /```json\n(.*?)```/s.exec(part('examples'))?.[1] ?? '';

it.each(rows('examples'))('docs/templates.md: %s gives %s', (template, text) => {
  expect(templateFault(template)).toBeNull();
  expect(renderText(template, payload)).toBe(text);
});

it.each(rows('refused'))('docs/templates.md: %s is refused, because %s', (template, why) => {
  expect(templateFault(template)).toContain(why);
});

it('docs/templates.md: its template for LlamaIndex gives the text that LlamaIndex embeds', () => {
  const [template = ''] = /^\{\{_node_content.*$/m.exec(page) ?? [];
  expect(templateFault(template)).toBeNull();
  for (const { node_content, text } of nodes)
    expect(renderText(template, JSON.stringify({ _node_content: node_content }))).toBe(text.trim());
});

it('docs/templates.md: every table is found', () => {
  expect([rows('examples').length, rows('refused').length]).toEqual([11, 7]);
});
