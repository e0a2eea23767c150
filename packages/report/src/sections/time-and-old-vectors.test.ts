import type { Report } from '@reembed/contracts';
import { buildReport } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { settingsSection } from './changes.ts';
import { timeSection } from './time.ts';

/** The cells of a page's tables, row by row. */
const rowsOf = (page: object) =>
  [...String(page).matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) =>
      cell
        .replaceAll(/<[^>]*>/g, '')
        .replaceAll('\u00a0', ' ')
        .trim(),
    ),
  );

const phase = (name: Report['phases'][number]['phase'], tookMs: number, idle = false, waitedMs = 0) => ({
  ...{ phase: name, from: '2026-01-05T09:00:00.000Z', tookMs, waitedMs, idle },
});

it('times: where it was at rest is told apart from what it took', () => {
  const phases = [phase('copying', 60_000), phase('ready', 3_600_000, true), phase('switching', 2_000)];
  expect(rowsOf(timeSection(buildReport({ phases }))).map(([name, , took]) => [name, took])).toEqual(
    expect.arrayContaining([
      ['Copying', '1 min'],
      ['Ready (at rest)', '1 h'],
      ['Switching', '2.0 s'],
    ]),
  );
});

it('times: where it waited for others within a phase is told apart too', () => {
  const phases = [phase('copying', 60_000, false, 7_200_000), phase('syncing', 2_000)];
  expect(rowsOf(timeSection(buildReport({ phases }))).map(([name, , took, waited]) => [name, took, waited])).toEqual(
    expect.arrayContaining([
      ['Copying', '1 min', '2 h'],
      ['Syncing', '2.0 s', '0.0 s'],
    ]),
  );
});

it('times: a migration that enters a phase over and over shows its sum first', () => {
  const phases = [phase('syncing', 1_000), phase('verifying', 1_000), phase('syncing', 3_000)];
  expect(rowsOf(timeSection(buildReport({ phases })))).toContainEqual(['Syncing', '2', '4.0 s']);
});

it.each<[string, Report['oldVectors'], string[] | null]>([
  ['what is said to have made them', [{ name: '', model: 'openai/ada-002' }], ['unnamed', 'openai/ada-002']],
  ['that nobody has said it', [{ name: 'title', model: null }], ['title', 'nobody has said']],
  ['that they are not known', [], null],
])('the vectors of the old collection say %s', (_, oldVectors, row) => {
  const page = settingsSection(buildReport({ oldVectors }));
  if (row === null) expect(String(page)).toContain('The vectors of the old collection are not known');
  else expect(rowsOf(page).some((cells) => row.every((word, at) => cells[at]?.includes(word)))).toBe(true);
});
