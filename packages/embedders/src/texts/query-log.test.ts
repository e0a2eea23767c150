import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mostLogged } from '@reembed/core';
import { expect, it } from 'vitest';
import { readQueryLog } from './query-log.ts';

async function logOf(lines: readonly string[] | null, mostCounted?: number) {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-log-'));
  await using _folder = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
  if (lines !== null) await writeFile(join(dir, 'log.jsonl'), lines.join('\n'));
  return await readQueryLog(dir, 'log.jsonl', mostCounted);
}

it('a log has texts, vectors and retrieved points, each counted, with ids past 2^53 and what is none of ours', async () => {
  const log = await logOf([
    '{"id": "q1", "text": "reset"}',
    '',
    '{"text": "reset"}\r',
    '{"query": "reset", "at": "2026-11-29T20:00:00.000Z"}',
    '{"vector": [0.5, 1e-7], "at": "2026-11-29"}',
    '{"point": 18446744073709551615, "retrieved": 3}',
    '{"point": "18446744073709551615"}',
    '{"point": "5C56C793-69F3-4FBF-87E6-C4BF54C28C26"}',
  ]);
  expect([...log.texts]).toEqual([['reset', 3]]);
  expect([...log.vectors]).toEqual([['[0.5,1e-7]', 1]]);
  expect(log.points).toEqual([
    { id: { kind: 'integer', id: '18446744073709551615' }, retrieved: 4 },
    { id: { kind: 'uuid', id: '5c56c793-69f3-4fbf-87e6-c4bf54c28c26' }, retrieved: 1 },
  ]);
});

it('of a long log the last different queries count, and of very many points those retrieved most', async () => {
  const queries = Array.from({ length: mostLogged + 5 }, (_, at) => `{"text": "query ${at}"}`);
  const { texts } = await logOf([...queries, '{"text": "query 5"}']);
  expect(texts.size).toBe(mostLogged);
  expect(texts.get('query 5')).toBe(2);
  expect(texts.has('query 4')).toBe(false);
  const many = Array.from({ length: 21 }, (_, at) => `{"point": ${at}, "retrieved": ${at + 1}}`);
  const { points } = await logOf(many, 20);
  expect(points.map(({ id }) => id.id)).toEqual(['20', '19', '18', '17', '16', '15', '14', '13', '12', '11']);
});

it.each([
  '{"text": ""}',
  '{"query": ["x"]}',
  '{"vector": ["a"]}',
  '{"vector": [1e39, 0]}',
  '{"vector": [0, 1e999]}',
  '{"point": -1}',
  '{"point": 7, "retrieved": 0}',
  '[]',
  'null',
  '{"text": "x"',
])('a line of %s is refused by its number', async (line) => {
  await expect(logOf(['{"text": "good"}', line])).rejects.toMatchObject({
    code: 'invalid-text-file',
    message: expect.stringMatching(/log\.jsonl, line 2: wants \{"text"/),
  });
});

it('a log that is not there is said to be missing, with the way out', async () => {
  await expect(logOf(null)).rejects.toThrow(/log\.jsonl does not exist: put it into the directory of REEMBED_FILES of the coordinator/);
});
