import { expect, test } from 'vitest';
import { highlight, visible } from './visible.ts';

test('control characters, escape sequences and turned text are shown, not done', () => {
  expect(visible('a\u001b[2Jb\u009b31mc\rd\u0007e\u202ef')).toBe('a\\u001b[2Jb\\u009b31mc\\u000dd\\u0007e\\u202ef');
  expect(visible('line\n\tline: Zürich, 東京')).toBe('line\n\tline: Zürich, 東京');
});

test('JSON with control characters stays the same JSON', () => {
  const document = { text: '\u009b31m\u007f\u001b]0;title\u0007' };
  expect(JSON.parse(visible(JSON.stringify(document)))).toEqual(document);
});

test('colours change nothing but the colour', () => {
  const text = 'reembed: it failed [qdrant-refused]\nNext: `reembed resume m1`';
  const coloured = highlight(text);
  expect(coloured).not.toBe(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the colours.
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(text);
});
