import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { loadSpec } from './load-spec.ts';
import { parseQrels, parseQueries, readQueryFiles } from './query-files.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reembed-queries-'));
  await writeFile(join(folder, 'queries.jsonl'), '{"_id": "q1", "text": "a wing"}\n{"_id": "q2", "text": "a slab"}\n');
  await writeFile(join(folder, 'qrels.tsv'), 'query-id\tcorpus-id\tscore\nq1\td7\t1\n');
});
afterAll(() => rm(folder, { recursive: true }));

async function specNaming(gates: unknown): Promise<string> {
  const file = join(folder, 'spec.json');
  const spec = { name: 'a', source: { collection: 'old' }, target: { collection: 'new' }, vectors: { '': { keep: '' } }, gates };
  await writeFile(file, JSON.stringify(spec));
  return file;
}

test('the contents of the files stand in place of their names, which are relative to the spec', async () => {
  const gates = { minNdcgDelta: 0, queries: 'queries.jsonl', qrels: './qrels.tsv' };
  const { spec } = await readQueryFiles({ name: 'a', gates }, folder);
  expect(spec).toEqual({
    name: 'a',
    gates: {
      minNdcgDelta: 0,
      queries: [
        { id: 'q1', text: 'a wing' },
        { id: 'q2', text: 'a slab' },
      ],
      qrels: [{ query: 'q1', document: 'd7', relevance: 1 }],
    },
  });
});

test.each([[{ name: 'a' }], [{ gates: { queries: [{ id: 'q', text: 'here' }] } }], [null], ['no spec']])(
  'a spec that names no file is left as it is: %j',
  async (spec) => {
    expect((await readQueryFiles(spec, folder)).spec).toBe(spec);
  },
);

test('a file that does not exist is named with its path and field', async () => {
  await expect(readQueryFiles({ gates: { qrels: 'no.tsv' } }, folder)).rejects.toMatchObject({
    code: 'invalid-spec',
    message: `gates.qrels: ${join(folder, 'no.tsv')} does not exist: name a file relative to the spec, or write the list itself`,
  });
});

test('a fault between the lists is named by file and line', async () => {
  await writeFile(join(folder, 'wrong.tsv'), 'query-id\tcorpus-id\tscore\nq1\td7\t1\n\nq9\td7\t1\n');
  await writeFile(join(folder, 'twice.csv'), 'id,text\nq1,a\nq1,b\n');
  await expect(loadSpec(await specNaming({ queries: 'queries.jsonl', qrels: 'wrong.tsv' }))).rejects.toMatchObject({
    code: 'invalid-spec',
    message: expect.stringContaining('spec.json: the spec is not valid: wrong.tsv:4 query ("q9"): is no id in gates.queries'),
    issues: [{ field: 'wrong.tsv:4 query', value: 'q9' }],
  });
  await expect(loadSpec(await specNaming({ queries: 'twice.csv' }))).rejects.toMatchObject({
    issues: [{ field: 'twice.csv:3 id', value: 'q1', message: expect.stringMatching(/is there twice/) }],
  });
});

test('judgements of which none is relevant are named by their file, without all of them', async () => {
  await writeFile(join(folder, 'none.trec'), Array.from({ length: 30 }, (_, at) => `q1 0 d${at} 0`).join('\n'));
  await expect(loadSpec(await specNaming({ queries: 'queries.jsonl', qrels: 'none.trec' }))).rejects.toMatchObject({
    issues: [{ field: 'gates.qrels (none.trec)', value: 'a list of 30', message: expect.stringMatching(/judge no document relevant/) }],
  });
});

const values = (text: string, file: string) => parseQueries(text, file).map(({ value }) => value);
const q = (id: string, text: string, slices?: Record<string, string>) => (slices === undefined ? { id, text } : { id, text, slices });

test.each([
  ['queries', 'empty.jsonl', '', /^gates\.queries: empty\.jsonl has no query/],
  ['qrels', 'judged.csv', 'query-id,corpus-id,relevance\nq1,d7,\n', /^gates\.qrels: judged\.csv judges nothing: fill in/],
  ['qrels', 'no-header.tsv', 'q1\td7\t1\n', /^gates\.qrels: no-header\.tsv judges nothing/],
  ['queries', 'latin.csv', Buffer.from('id,text\nq1,a\nq2,Stra\xdfe\n', 'latin1'), /^latin\.csv:3 is not UTF-8/],
  ['queries', 'utf16.csv', Buffer.from('\ufeffid,text\nq1,a\n', 'utf16le'), /^utf16\.csv:1 is not UTF-8/],
])('a file of %s that says nothing, or in another encoding, is refused: %s', async (field, file, content, message) => {
  await writeFile(join(folder, file), content);
  await expect(readQueryFiles({ gates: { [field]: file } }, folder)).rejects.toMatchObject({
    code: 'invalid-spec',
    message: expect.stringMatching(message),
  });
});

describe('parseQueries', () => {
  it('reads BEIR queries, with the line of each', () => {
    const text = '{"_id": "q1", "text": "what is a wing?", "metadata": {}}\r\n\n{"_id": "q2", "text": "Wörter"}\n';
    expect(parseQueries(text, 'queries.jsonl')).toEqual([
      { line: 1, value: q('q1', 'what is a wing?') },
      { line: 3, value: q('q2', 'Wörter') },
    ]);
  });

  it('takes ids that are numbers, exactly', () => {
    expect(values('{"_id": 18446744073709551615, "text": "a"}', 'q.jsonl')).toEqual([q('18446744073709551615', 'a')]);
  });

  it.each([
    ['q.csv', '\uFEFFid,text\r\n1,"wings, and ""flow"""\r\n2,"two\nlines"\r\n', [q('1', 'wings, and "flow"'), q('2', 'two\nlines')]],
    ['q.tsv', 'query-id\tquery\n1\tthe "inner" text\n', [q('1', 'the "inner" text')]],
    ['Q.CSV', 'text,_id\na,1\n', [q('1', 'a')]],
  ])('reads a table with a header: %s', (file, text, expected) => {
    expect(values(text, file)).toEqual(expected);
  });

  it('reads a log, in which each text counts once and is its own id', () => {
    const log = '{"query": "reset password ", "ms": 12}\n{"query": "refund"}\n{"query": ""}\n{"query": "reset password"}\n';
    expect(parseQueries(log, 'log.jsonl')).toEqual([
      { line: 1, value: q('reset password', 'reset password') },
      { line: 2, value: q('refund', 'refund') },
    ]);
    expect(values('when,query\n1,a\n2,a\n', 'log.csv')).toEqual([q('a', 'a')]);
  });

  it('takes what a query is about from columns, fields and BEIR metadata', () => {
    const beir = '{"_id": "1", "text": "a", "metadata": {"language": "de"}}\n{"_id": "2", "text": "b", "language": "en", "tenant": 7}\n';
    expect(parseQueries(beir, 'q.jsonl', ['language', 'tenant']).map(({ value }) => value)).toEqual([
      q('1', 'a', { language: 'de' }),
      q('2', 'b', { language: 'en', tenant: '7' }),
    ]);
    const table = parseQueries('id,text,language\n1,a,de\n2,b,\n', 'q.csv', ['language']).map(({ value }) => value);
    expect(table).toEqual([q('1', 'a', { language: 'de' }), q('2', 'b')]);
  });

  it.each([
    ['<top>\n<num> Number: 301\n<title> Organized\n Crime &amp; law\n<desc> Description:\nwhat?\n</top>\n<top><num>302<title>Polio</top>'],
    [
      '<?xml version="1.0"?><topics><topic number="301"><query>Organized Crime &amp; law</query></topic>\n<topic number="302"><title>Polio</title></topic></topics>',
    ],
  ])('reads TREC topics: %j', (text) => {
    expect(values(text, 'topics.txt')).toEqual([q('301', 'Organized Crime & law'), q('302', 'Polio')]);
  });

  it.each([
    ['topics', '\n<top><title>a</top>', /^topics:2 is a topic without a number/],
    ['topics', '<top><num>1</top>', /^topics:1 is topic 1 without <title> or <query>/],
    ['topics', '<top><num>1<title>a', /^topics:1 begins a topic that does not end; the file has 1 topics that begin and 0 that end/],
    ['topics', '<top><num>1<title>a</top>\n<top><num>2<title>b\n<top><num>3<title>c</top>', /^topics:2 begins a topic that does not end/],
    ['q.csv', 'id;text\n1;a', /^q\.csv:2 has no "text" or "query", only "id;text": the columns of a CSV file are separated by commas/],
    ['queries.jsonl', '{"_id": "1", "text": "a"}\n{"_id": "2", "text"', /^queries\.jsonl:2 is no JSON/],
    ['queries.jsonl', '"a query"', /^queries\.jsonl:1 is no JSON object: write \{"_id"/],
    ['queries.jsonl', '{"_id": "1", "title": "a"}', /^queries\.jsonl:1 has no "text" or "query", only "_id", "title"/],
    [
      'queries.jsonl',
      '{"_id": "1", "text": "a"}\n{"text": "b"}',
      /^queries\.jsonl:2 has no "_id" or "id" or "query-id", only "text": rename the field$/,
    ],
    [
      'queries.jsonl',
      '{"_id": "1", "text": null}',
      /^queries\.jsonl:1 has null as "text", which is no text: write one, or delete the line$/,
    ],
    ['log.jsonl', '{"query": "a"}\n{"query": ["b"]}', /^log\.jsonl:2 has \["b"\] as "query", which is no text/],
    ['queries.jsonl', '{"_id": {"$oid": "1"}, "text": "a"}', /^queries\.jsonl:1 has \{"\$oid":"1"\} as "_id", which is no text/],
    ['q.csv', '1,what is a wing?\n2,b', /^q\.csv:2 has no "text" or "query", only "1", "what is a wing\?": a table names its columns/],
    ['q.csv', 'id,text\n1,a,b\n', /^q\.csv:2 .*columns/i],
    ['queries.txt', 'what?', /^queries\.txt: the extension says the format: name it \.jsonl, /],
  ])('says what is wrong and where: %s %j', (file, text, message) => {
    expect(() => parseQueries(text, file)).toThrow(
      expect.objectContaining({ code: 'invalid-spec', message: expect.stringMatching(message) }),
    );
  });
});

const judged = [
  { line: 2, value: { query: '1', document: 'd1', relevance: 2 } },
  { line: 3, value: { query: '1', document: 'd2', relevance: 0 } },
];

describe('docs/quality.md', () => {
  /** `file` and content of the examples, each a block that begins with the file's name. */
  const page = readFileSync(new URL('../../../../docs/quality.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/^`([\w.-]+)`:\n+```\w*\n([\s\S]*?)```/gm)].map(([, file = '', content = '']) => ({ file, content }));

  it.each(examples)('reads its example $file as it says', ({ file, content }) => {
    const isQrels = /qrels|judged/.test(file);
    const read = isQrels ? parseQrels(content, file) : parseQueries(content, file, ['language']);
    expect(read.length).toBeGreaterThan(0);
    for (const { value } of read)
      expect(value).toMatchObject(isQrels ? { query: expect.any(String) } : { id: expect.any(String), text: expect.stringMatching(/./) });
  });

  it('has an example of every format', () => {
    const files = ['queries.jsonl', 'queries.csv', 'log.jsonl', 'topics.trec', 'qrels.trec', 'qrels.csv', 'judged.csv'];
    expect(examples.map(({ file }) => file)).toEqual(files);
  });
});

describe('parseQrels', () => {
  it.each([
    ['qrels.tsv', 'query-id\tcorpus-id\tscore\r\n1\td1\t2\r\n1\td2\t0\r\n'],
    ['qrels.csv', 'score,corpus-id,query-id\n2,d1,1\n0,d2,1\n'],
    ['qrels.jsonl', '\n{"query-id": 1, "corpus-id": "d1", "score": 2}\n{"query-id": 1, "corpus-id": "d2", "score": 0}'],
    ['qrels.trec', '\n1 0 d1 2\n1\t0\td2\t0\n'],
    ['qrels.tsv', '\n1\tQ0\td1\t2\r\n1 Q0 d2 0'],
  ])('reads %s: %j', (file, text) => {
    expect(parseQrels(text, file)).toEqual(judged);
  });

  it('leaves out what nobody has judged yet, where relevance is filled in by hand', () => {
    expect(parseQrels('query-id,corpus-id,relevance\n1,d1,2\n1,d2,0\n1,d3,\n', 'judged.csv')).toEqual(judged);
    expect(parseQrels('query-id,corpus-id,relevance\n1,d1,2.0\n1,d2,0.0\n1,d3,\n', 'judged.csv')).toEqual(judged);
  });

  it.each([
    ['qrels.tsv', 'query-id\tcorpus-id\tscore\n1\td1\t\n', /^qrels\.tsv:2 score "" is no whole number/],
    ['qrels.tsv', 'query-id\tcorpus-id\tscore\n1\td1\tyes\n', /^qrels\.tsv:2 score "yes" is no whole number/],
    ['qrels.tsv', '1\td1\t1\n2\td2\t1\n', /^qrels\.tsv:2 has no "query-id" or "query", only "1", "d1"/],
    ['judged.csv', 'query-id,corpus-id,relevance\n1,d1,1.5\n', /^judged\.csv:2 relevance "1\.5" is no whole number/],
    ['qrels.trec', '1 0 d1 1\n1 0 d2\n', /^qrels\.trec:2 "1 0 d2" is no judgement: write query, 0, document and relevance/],
    ['qrels.txt', 'anything', /^qrels\.txt: the extension says the format/],
  ])('says what is wrong and where: %s %j', (file, text, message) => {
    expect(() => parseQrels(text, file)).toThrow(
      expect.objectContaining({ code: 'invalid-spec', message: expect.stringMatching(message) }),
    );
  });
});
