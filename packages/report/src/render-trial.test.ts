import type { Trial, Tried } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { renderTrialPage } from './render-trial.ts';

const compared = { old: 0.4, new: 0.5, difference: 0.1, lower: 0.05, upper: 0.15 };
const candidate: Tried = {
  ...{ name: '<b>large</b>', models: ['openai/text-embedding-3-large'], verdict: 'worth it', reasons: ['because'] },
  ...{ ndcg: compared, recall: compared, mrr: compared, fairNdcg: compared },
  latencyMs: { old: { p50: 1, p95: 2 }, new: { p50: 1.5, p95: 3 } },
  whole: { priceUsd: null, time: { lowSeconds: 60, highSeconds: null, boundBy: 'nothing' }, memoryBytes: 1e9, diskBytes: 2e9 },
  withoutVector: 0,
};
const trial: Trial = {
  ...{ id: 'trial-1', source: 'docs', collection: 'docs.trial-1', at: '2026-01-01T00:00:00.000Z' },
  sample: { ofPoints: 10_000, points: 3_000, relevant: 100, neighbours: 900, random: 2_000 },
  queries: { basis: 'labels', given: 60, asked: 60, independent: 55, relevant: 100, missing: 0 },
  candidates: [candidate, { ...candidate, name: 'small', verdict: 'worse' }],
  spent: { texts: 1, tokens: 2, priceUsd: 0.1, priceUnknown: [] },
  ...{ budgetUsd: 2, kept: 0, remarks: ['a <remark>'] },
};

it('shows every candidate with its verdict, and what was sampled; names of people stay text', () => {
  const page = renderTrialPage(trial);
  expect(page).toContain('&lt;b&gt;large&lt;/b&gt;');
  expect(page).toContain('a &lt;remark&gt;');
  expect(page).not.toContain('<script');
  for (const word of ['worth it', 'worse', 'price unknown', '+0.100', '3,000 of 10,000 points', '55 about different documents'])
    expect(page).toContain(word);
});

it('says what stands beside the sum that was spent', () => {
  const page = renderTrialPage({ ...trial, kept: 1_200, spent: { ...trial.spent, priceUnknown: ['my/own'] } });
  expect(page).toContain('1,200 vectors were there already');
  expect(page).toMatch(/Not counted, because its price is not known: <code[^>]*>my\/own/);
  expect(renderTrialPage(trial)).not.toContain('Not counted');
});
