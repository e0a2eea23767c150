import { expect, test } from 'vitest';
import { splitByHeading } from './split-by-heading.ts';

const words = (n: number, word = 'word') => Array.from({ length: n }, () => word).join(' ');

test('a section carries the headings that lead to it', () => {
  const markdown = `# A\n${words(15)}\n## B\n${words(15)}\n### C\n${words(15)}\n## D\n${words(15)}`;
  expect(splitByHeading(markdown, 50).map(({ headings }) => headings)).toEqual([['A'], ['A', 'B'], ['A', 'B', 'C'], ['A', 'D']]);
});

test('underlined headings are headings', () => {
  expect(splitByHeading(`Title\n=====\n\n${words(15)}`, 50)[0]?.headings).toEqual(['Title']);
});

test('code, tables, pictures, comments and markup are left out', () => {
  const prose = `Use **this** [library](https://example.org) ${words(12)}.`;
  const markdown = `<!-- note -->\n![badge](https://x/y.svg)\n${prose}\n\n\`\`\`js\n# no heading\ncode()\n\`\`\`\n| a | b |\n<br>`;
  expect(splitByHeading(markdown, 50)).toEqual([{ headings: [], text: `Use this library ${words(12)}.` }]);
});

test('long sections are cut at the ends of sentences, and no piece is longer than asked', () => {
  const pieces = splitByHeading(`${words(20, 'a')}. ${words(20, 'b')}. ${words(80, 'c')}.`, 30);
  expect(pieces.map(({ text }) => text)).toEqual([`${words(20, 'a')}.`, `${words(20, 'b')}.`, words(30, 'c')]);
});

test('what says too little to be found is dropped', () => {
  expect(splitByHeading('# A\nToo short.', 30)).toEqual([]);
});
