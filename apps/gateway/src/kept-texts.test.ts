import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTextSources } from '@reembed/embedders';
import { createFakeClock } from '@reembed/testkit';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createKeptTexts } from './kept-texts.ts';

it('texts of queries are kept as a log that the quality gate and copy.hotFirst take, for its owner alone, up to a limit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kept-texts-'));
  const file = join(folder, 'queries.jsonl');
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  for (const words of ['who sleeps?', 'wer\nschläft?']) {
    const kept = createKeptTexts(file, { clock: createFakeClock(), log, most: 150 });
    for (let times = 0; times < 2; times++) kept.keep(words);
    await kept.close();
  }
  const read = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(read.map((line) => (JSON.parse(line) as { query: string }).query)).toEqual(['who sleeps?', 'who sleeps?']);
  const { texts } = await createTextSources({ config: { models: {} }, env: {}, filesDir: folder }).queryLog('queries.jsonl');
  expect([...texts]).toEqual([['who sleeps?', 2]]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(lines.join()).toContain('the file has 150 bytes');
  await rm(folder, { recursive: true });
});

it('a file that cannot be written stops no query', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const kept = createKeptTexts('/no/such/folder/queries.jsonl', { clock: createFakeClock(), log });
  kept.keep('who sleeps?');
  await expect.poll(() => lines.join()).toContain('not kept any more');
  kept.keep('who sleeps?');
});
