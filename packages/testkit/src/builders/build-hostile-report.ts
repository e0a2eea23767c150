import type { ComparedQuery, Report, ShownHit } from '@reembed/contracts';
import { buildReport, comparedQuery, hit, pointId } from './build-report.ts';

const hostileTexts = [
  '<script>alert(1)</script><img src=x onerror="alert(2)">',
  `"'><svg onload=alert(3)></svg></title></style></bdi></details>`,
  `${'\u202e'}מימין לשמאל, and left again`,
  '👩‍👩‍👧‍👦🏳️‍🌈'.repeat(60),
  'Donaudampfschiff'.repeat(640),
  `half a pair: ${'\ud83d'} and a null: \u0000`,
  `Z${'\u0301'.repeat(3000)}algo`,
  'https://example.com/a?b=c&d=e#f'.repeat(40),
] as const;

/** A report whose every text is somebody's attempt on the page. `texts` are those attempts. */
export function buildHostileReport(): { readonly report: Report; readonly texts: readonly string[] } {
  const report = buildReport();
  const text = (index: number) => hostileTexts[index % hostileTexts.length] ?? '';
  const hostileHit = (shown: ShownHit, index: number): ShownHit => ({ ...shown, text: text(index), score: -1.5e12 });
  const hostileQuery = (_: unknown, index: number): ComparedQuery => ({
    ...comparedQuery(text(index), text(index), 0, 1),
    old: hostileTexts.map((_, at) => hostileHit(hit(at, 0, 0), at)),
    new: [],
  });
  const gates = report.gates;
  return {
    texts: hostileTexts,
    report: {
      ...report,
      verdict: 'fail',
      headline: hostileTexts.map((one) => one.slice(0, 400)).join(' '),
      migration: { ...report.migration, name: text(4), source: text(0), target: text(4), alias: text(1) },
      overrides: hostileTexts.map((one) => ({
        gate: 'quality',
        verdict: 'inconclusive',
        by: one.slice(0, 300),
        reason: one,
        at: report.at,
      })),
      gates: gates && {
        ...gates,
        fidelity: {
          verdict: 'fail',
          checks: gates.fidelity.checks.map((check, index) => ({ ...check, verdict: 'fail', message: text(index + 3) })),
        },
        quality: { ...gates.quality, verdict: 'fail', reasons: [...hostileTexts], lost: hostileTexts.map(hostileQuery), won: [] },
      },
      setAside: hostileTexts.map((one, index) => ({
        id: pointId(index),
        vector: one,
        code: one.slice(0, 200),
        reason: one,
        accepted: false,
      })),
      collections: { old: { [text(0)]: text(1), [text(4)]: { [text(2)]: [text(4)] } }, new: { [text(6)]: text(3) } },
      vectors: hostileTexts.map((one) => ({ name: one, recipe: one, model: one })),
      queryChange: [...hostileTexts],
    },
  };
}
