import type { Finding } from '@reembed/contracts';
import { buildGates, buildMigration } from '@reembed/testkit';
import { expect, it } from 'vitest';
import type { Migration } from '../domain/migration.ts';
import { summaryOf } from '../gates/measure-gates.ts';
import { verdictOf } from './report-verdict.ts';

const passed = summaryOf(buildGates({ quality: 'pass' }));
const failed = summaryOf(buildGates({ quality: 'fail' }));
const missing: Finding = { kind: 'missing', count: 3, ids: [{ kind: 'integer', id: '1' }] };
const ready = { id: 'm1', phase: 'ready', gates: passed } as const;
const override = { gate: 'quality', verdict: 'fail', by: 'Ada', reason: 'old labels', at: passed.at } as const;

it.each<[string, Partial<Migration>, number | null, string, RegExp]>([
  ['gates that passed', ready, 0, 'pass', /^The target is complete, and search is good enough to switch\./],
  [
    'a quality that nobody measured',
    { ...ready, gates: summaryOf(buildGates()) },
    0,
    'pass',
    /complete; whether search got better was not/,
  ],
  ['nothing measured yet', { phase: 'copying', gates: null }, 4, 'not-measured', /^Nothing has been verified yet\.$/],
  ['a gate that failed', { ...ready, gates: failed }, 0, 'fail', /^Do not switch yet: the quality gate failed\./],
  ['a word over it', { ...ready, gates: failed, overrides: [override] }, 0, 'fail', /^The quality gate did not pass, and Ada has decided/],
  ['points set aside that nobody has accepted', ready, 2, 'inconclusive', /^Do not switch yet: 2 point\(s\) are set aside.*failures m1/],
  ['a Qdrant that does not say', ready, null, 'inconclusive', /^Do not switch yet: Qdrant does not say whether points are set aside/],
  ['both, of which the gate is the worse', { ...ready, gates: failed }, 2, 'fail', /^Do not switch yet: the quality gate failed/],
  ['late writes', { ...ready, phase: 'observing', lateWrites: [missing] }, 0, 'inconclusive', /^3 write\(s\) came late to "docs_v1"/],
  ['one that has stopped', { ...ready, phase: 'failed', error: null }, 0, 'fail', /^Stopped: the reason was lost$/],
  ['a cancelled one', { ...ready, phase: 'cancelled' }, 0, 'pass', /^Cancelled: nothing was switched\.$/],
  ['one that was rolled back', { ...ready, phase: 'rolled-back' }, 0, 'pass', /^Rolled back: readers see "docs_v1" again\.$/],
  ['one that has switched', { ...ready, phase: 'observing' }, 7, 'pass', /complete, and search was good enough to switch/],
])('the banner of %s', (_, change, open, verdict, headline) => {
  const found = verdictOf(buildMigration(change), open);
  expect(found.verdict).toBe(verdict);
  expect(found.headline).toMatch(headline);
});

it('calls no target complete above a table of differences', () => {
  const verification = { at: passed.at, sourcePoints: 9, targetPoints: 9, compared: 9, setAside: 0, findings: [missing] };
  expect(verdictOf(buildMigration({ ...ready, verification }), 0).headline).toMatch(/^The target follows its source.*\(3 differences/);
});
