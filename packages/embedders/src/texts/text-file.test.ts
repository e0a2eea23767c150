import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PointId } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { createTextFiles } from './text-file.ts';

const big: PointId = { kind: 'integer', id: '18446744073709551615' };
const uuid: PointId = { kind: 'uuid', id: '5c56c793-69f3-4fbf-87e6-c4bf54c28c26' };
const one: PointId = { kind: 'integer', id: '1' };

async function folder(lines?: string) {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-texts-'));
  const write = (text: string) => writeFile(join(dir, 'texts.jsonl'), text);
  if (lines !== undefined) await write(lines);
  return { dir, write, files: createTextFiles(dir), [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
}

describe('a file of texts', () => {
  it('is read by id, in any order, with fields as they are spelled and without the id', async () => {
    const lines = `\uFEFF{"id": 18446744073709551615, "text": "ä large id"}\n\n{"title": "t", "n": 1.0, "id": "5C56C79369F34FBF87E6C4BF54C28C26"}\r\n{"id":"1","text":"last, without an end"}`;
    await using on = await folder(lines);
    const sha256 = createHash('sha256').update(lines).digest('hex');
    expect(await on.files.pin('texts.jsonl')).toEqual({ sha256, texts: 3 });
    const found = await on.files.read('texts.jsonl', sha256, [one, uuid, big, { kind: 'integer', id: '7' }]);
    expect(Object.fromEntries(found)).toEqual({
      [big.id]: '{"text":"ä large id"}',
      [`"${uuid.id}"`]: '{"title":"t","n":1.0}',
      1: '{"text":"last, without an end"}',
    });
  });

  it('finds lines that lie across the pieces it is read in', async () => {
    const count = 40_000;
    const text = (n: number) => `${n} ${'é'.repeat(n % 80)}`;
    await using on = await folder(Array.from({ length: count }, (_, n) => JSON.stringify({ id: n, text: text(n) })).join('\n'));
    const { sha256, texts } = await on.files.pin('texts.jsonl');
    expect(texts).toBe(count);
    const ids = Array.from({ length: count / 100 }, (_, n): PointId => ({ kind: 'integer', id: String(n * 100 + 7) }));
    const found = await on.files.read('texts.jsonl', sha256, ids);
    expect([...found]).toEqual(ids.map(({ id }) => [id, JSON.stringify({ text: text(Number(id)) })]));
  });

  it.each([
    ['{"id": 1}\n{"id": 1.5, "text": "x"}', 'line 2: has no "id" that is a whole number or a UUID'],
    ['{"text": "x"}', 'line 1: has no "id"'],
    ['{"id": 1, "text": "x"', 'line 1: is no JSON object'],
    ['[1]', 'line 1: is no JSON object'],
    ['{"id": 1}\n{"id": 2}\n{"id": "1"}', 'line 3: has the id 1 of a line before it'],
  ])('%j is refused: %s', async (lines, words) => {
    await using on = await folder(lines);
    await expect(on.files.pin('texts.jsonl')).rejects.toMatchObject({ code: 'invalid-text-file', message: expect.stringContaining(words) });
  });

  it('that is written to while lines of it are read is refused', async () => {
    await using on = await folder('{"id": 1, "text": "old"}\n');
    const { sha256 } = await on.files.pin('texts.jsonl');
    // Asked of an id after it was looked up, and before its line is read.
    const id = {
      kind: 'integer' as const,
      get id() {
        writeFileSync(join(on.dir, 'texts.jsonl'), '{"id": 1, "text": "of another length"}\n');
        return '1';
      },
    };
    await expect(on.files.read('texts.jsonl', sha256, [id])).rejects.toMatchObject({
      code: 'invalid-text-file',
      message: expect.stringContaining('was written to while it was read'),
    });
  });

  it('that is missing is refused with where it was looked for', async () => {
    await using on = await folder();
    await expect(on.files.pin('texts.jsonl')).rejects.toMatchObject({
      code: 'invalid-text-file',
      message: expect.stringContaining(`${join(on.dir, 'texts.jsonl')} does not exist`),
    });
  });

  it('that is another than the planned one is refused, and read once the planned one is back', async () => {
    const planned = '{"id": 1, "text": "planned"}';
    await using on = await folder(planned);
    const { sha256 } = await on.files.pin('texts.jsonl');
    await on.write('{"id": 1, "text": "another one"}');
    await expect(on.files.read('texts.jsonl', sha256, [one])).rejects.toMatchObject({
      code: 'invalid-text-file',
      message: expect.stringMatching(new RegExp(`planned with ${sha256}: put the planned file there and resume`)),
    });
    await on.write(planned);
    expect(await on.files.read('texts.jsonl', sha256, [one])).toEqual(new Map([['1', '{"text":"planned"}']]));
  });

  it('is read once for many who ask at the same time', async () => {
    await using on = await folder('{"id": 1, "text": "x"}');
    const { sha256 } = await on.files.pin('texts.jsonl');
    const all = await Promise.all(Array.from({ length: 20 }, () => on.files.read('texts.jsonl', sha256, [one])));
    expect(all.every((found) => found.size === 1)).toBe(true);
  });
});
