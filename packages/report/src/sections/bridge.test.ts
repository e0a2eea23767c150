import type { BridgePoint } from '@reembed/contracts';
import { buildReport } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { renderReport } from '../render-report.ts';

const point = (filled: number, bridge: number, alone: number, change: Partial<BridgePoint> = {}): BridgePoint => ({
  ...{ step: filled / 100, at: '2026-11-29T12:00:00.000Z', filled, points: 100, queries: 140, failed: null },
  ...{ ndcg: { old: 0.3, bridge, alone }, gain: { difference: bridge - 0.3, lower: bridge - 0.35, upper: bridge - 0.25 } },
  ...change,
});

it('the report shows what was found over the bridge by the share filled, and from where on it was not needed for it', () => {
  const page = renderReport(buildReport({ bridge: [point(0, 0.3, 0), point(25, 0.35, 0.31), point(50, 0.4, 0.42)] }));
  expect(page).toContain('The bridge, while the vector was filled in');
  expect(page).toMatch(/From 50\s?% filled on the new vector alone found on average as much as the bridge/);
  expect(page).toContain('25 of 100');
  expect(page).not.toContain('queries tell little');
});

it('a new vector that falls behind the bridge again is none that does without it', () => {
  const measured = [point(25, 0.35, 0.36), point(50, 0.4, 0.39), point(75, 0.4, 0.41), point(100, 0.4, 0.42)];
  expect(renderReport(buildReport({ bridge: measured }))).toMatch(/From 75\s?% filled on/);
  expect(renderReport(buildReport({ bridge: measured.slice(0, 2) }))).toContain('When last measured the bridge found more');
});

it('few queries are said to tell little, and what could not be measured is said with its reason', () => {
  const failed = point(50, 0, 0, { ndcg: null, gain: null, failed: 'the <old> model is not known' });
  const page = renderReport(buildReport({ bridge: [point(25, 0.35, 0.31, { queries: 7 }), failed] }));
  expect(page).toContain('7 queries tell little: look at the intervals.');
  expect(page).toContain('Where measured the bridge found more');
  expect(page).toMatch(/1\s?time it could not be measured/);
  expect(page).toMatch(/because <bdi[^>]*>the &lt;old&gt; model is not known/);
});

it('a report without a bridge has no word of it', () => {
  expect(renderReport(buildReport())).not.toContain('The bridge, while');
});
