import { expect, it } from 'vitest';
import { nearName } from './near-names.ts';

it.each<[string, readonly string[], string | null]>([
  ['openai/text-embedding-3-lrage', ['openai/text-embedding-3-large'], 'openai/text-embedding-3-large'],
  ['openai/text-embeding-3-large', ['cohere/x', 'openai/text-embedding-3-large'], 'openai/text-embedding-3-large'],
  ['OpenAI/text-embedding-3-large', ['openai/text-embedding-3-large'], 'openai/text-embedding-3-large'],
  ['openai/text-embedding-3-large', ['openai/text-embedding-3-large', 'openai/text-embedding-3-larges'], null],
  ['openai/text-embedding-4-large', ['openai/text-embedding-3-large'], null],
  ['hash/64', ['hash/256', 'hash/32'], null],
  ['docs_v2', ['docs_v1'], null],
  ['dosc', ['docs'], 'docs'],
  ['doc', ['docs'], 'docs'],
  ['dogs', ['docs'], 'docs'],
  ['dot', ['doc'], null],
  ['news', ['docs'], null],
  ['products-test', ['products-prod'], null],
  ['anything', [], null],
])('%s beside %j is a slip of %s', (name, names, near) => expect(nearName(name, names)).toBe(near));
