import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/**
 * What a schema finds, in the words of the person who has to mend it: a message stands behind field and value, `source.collection (5): wants
 * text`. A schema that says what it wants itself is not asked here.
 */
export function inPlainWords(issue: Issue): string {
  const words = wordsOf[issue.code as NonNullable<Issue['code']>] as ((issue: Issue) => string) | undefined;
  return words?.(issue) ?? 'is not what is wanted here';
}

type WordsOf = { readonly [Code in z.core.$ZodIssueCode]?: (issue: Extract<z.core.$ZodRawIssue, { code: Code }>) => string };

const wordsOf: WordsOf = {
  invalid_type: ({ expected }) => `wants ${kinds[expected] ?? expected}`,
  invalid_value: ({ values }) => `wants ${either(values.map((value) => JSON.stringify(value)))}`,
  too_small: ({ origin, minimum, inclusive, exact }) => {
    if (origin === 'string' && minimum === 1) return 'must not be empty';
    return `wants ${exact ? 'exactly' : inclusive ? 'at least' : 'more than'} ${minimum}${unit(origin)}`;
  },
  too_big: ({ origin, maximum, inclusive, exact }) =>
    `wants ${exact ? 'exactly' : inclusive ? 'at most' : 'less than'} ${maximum}${unit(origin)}`,
  invalid_format: ({ format }) => `wants ${formats[format] ?? format}`,
  not_multiple_of: ({ divisor }) => `wants a multiple of ${divisor}`,
  unrecognized_keys: ({ keys }) => `has a field that is not known: ${keys.join(', ')}; check its spelling`,
  invalid_union: ({ errors, options }) => {
    if (Array.isArray(options) && options.length > 0) return `wants ${either(options.map((option) => JSON.stringify(option)))}`;
    const wanted = errors.flatMap((branch) => (branch[0]?.path.length === 0 ? [branch[0].message.replace(/^wants /, '')] : []));
    return wanted.length === 0 ? 'is not what is wanted here' : `wants ${either([...new Set(wanted)])}`;
  },
  invalid_key: ({ issues }) => `has a name that is not allowed: it ${issues[0]?.message ?? 'is another'}`,
};

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'fields with values',
  record: 'names with values',
  null: 'nothing',
};

const formats: Readonly<Record<string, string>> = {
  url: 'an address such as http://host:1234',
  datetime: 'a moment such as 2026-01-31T12:00:00Z',
  safeint: 'a whole number',
  regex: 'other characters',
};

function unit(origin: string): string {
  return { string: ' characters', array: ' entries', set: ' entries', map: ' entries' }[origin] ?? '';
}

function either(wanted: readonly string[]): string {
  return wanted.length < 2 ? wanted.join() : `${wanted.slice(0, -1).join(', ')} or ${wanted.at(-1)}`;
}

// Where zod's own words are set, in the one module that every process loads before it reads anything: no edge can forget them.
z.config({ localeError: inPlainWords });
