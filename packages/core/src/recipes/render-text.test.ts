import { anyCharacter } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderText, templateFields } from './render-text.ts';

const payload = JSON.stringify({
  title: 'Old & new',
  body: ' line\n',
  empty: '',
  blank: ' \t',
  nothing: null,
  n: 7,
  yes: true,
  tags: ['a', '', null, 'b', ['c']],
  meta: { author: { name: 'Ada' }, pages: [1, 2] },
  crumbs: [{ name: 'Home' }, { name: 'Shoes' }],
  'Product Name': 'Boot',
  price: '9.90',
  'a.b': 'dotted',
  'tags[]': 'bracketed',
  'schema:name': 'colon',
  名前: 'unicode',
  'in/out': 'slash',
  inner: ' {"text": "within", "n": 1.0, "tags": [{"t":"x"},{"u":"z"},{"t":"y"}]}',
  broken: '{"text": "cut off',
});

describe('renderText', () => {
  it.each([
    ['{{title}}', 'Old & new'],
    ['{{ title }}\n\n{{body}}', 'Old & new\n\n line'],
    ['Title: {{title}}', 'Title: Old & new'],
    ['{{meta.author.name}}', 'Ada'],
    ['{{tags}}', 'a, b, c'],
    ['{{meta.pages}}', '1, 2'],
    ['{{n}} {{yes}}', '7 true'],
    ['{{title}}{{title}}', 'Old & newOld & new'],
    ['{{absent}} {{title}}', 'Old & new'],
    ["{title} {{'{'}}{{n}}}", '{title} {7}'],
    ['{{tags.0}} {{tags[3]}} {{meta.pages[]}}', 'a b 1, 2'],
    ['{{crumbs[].name}}', 'Home, Shoes'],
    ['{{crumbs.1.name}}', 'Shoes'],
    ['{{Product Name}} costs {{price}}', 'Boot costs 9.90'],
    ['{{"a.b"}} {{"tags[]"}} {{schema:name}} {{名前}} {{in/out}}', 'dotted bracketed colon unicode slash'],
    ['{{inner.text}}, {{inner.tags[].t}}, {{inner.n}}', 'within, x, y, 1.0'],
  ])('renders %j as %j', (template, text) => {
    expect(renderText(template, payload)).toBe(text);
  });

  it.each([
    '{{absent}}',
    '{{empty}}',
    '{{blank}}',
    '{{nothing}}',
    'Title: {{absent}}',
    '{{title.deeper}}',
    '{{tags.9}}',
    '{{tags[9]}}',
    '{{title[]}}',
    '{{crumbs.name}}',
    '{{broken.text}}',
    '{{inner.absent}}',
  ])('finds no text of the point in %s', (template) => {
    expect(renderText(template, payload)).toBeNull();
  });

  it('spells numbers as the payload does', () => {
    expect(renderText('{{a}} {{b}} {{c}}', '{"a":9007199254740993,"b":1.0,"c":[1e30]}')).toBe('9007199254740993 1.0 1e30');
  });

  it('inserts a value as it is, patterns of templates and of replacements included', () => {
    const awkward = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('$&', '$1', '{{b}}', '$`', '\\'));
    fc.assert(
      fc.property(awkward, (value) => {
        const text = renderText('<{{a}}>', JSON.stringify({ a: value, b: 'never' }));
        expect(text).toBe(value.trim() === '' ? null : `<${value}>`.toWellFormed());
      }),
    );
  });

  it('gives no text for a template that cannot be read, as an older version may have kept one', () => {
    expect(renderText('{{a | upper}} {{n}}', payload)).toBeNull();
    expect(templateFields('{{a | upper}} {{n}}')).toEqual([]);
  });

  it('gives only text that can be encoded', () => {
    expect(renderText('{{a}}', '{"a":"x\\ud800"}')).toBe('x\ufffd');
  });
});

describe('templateFields', () => {
  it('names each field once, in order', () => {
    expect(templateFields('{{b}} {{ a.c }} {{b}} {x}').map(({ source }) => source)).toEqual(['b', 'a.c']);
  });
});

describe('texts that are elsewhere', () => {
  it.each([
    ['{{title}}: {{text}}', '{"text":"hello"}', 'Old & new: hello'],
    ['{{title}}: {{text}}', '{"text":"hello","title":"Newer"}', 'Newer: hello'],
    ['{{title}}: {{text}}', '{"text":"hello","title":null}', 'Old & new: hello'],
    ['{{title}}: {{text}}', '{"text":"hello","title":""}', ': hello'],
    ['{{meta.author.name}} {{meta.isbn}}', '{"meta":{"isbn":1.0}}', 'Ada 1.0'],
    ['{{absent}}', '{"text":"hello"}', null],
    ['{{title}}', null, null],
    ['{{title}}', undefined, 'Old & new'],
  ])('%j of %s is %j', (template, elsewhere, text) => {
    expect(renderText(template, payload, elsewhere)).toBe(text);
  });
});
