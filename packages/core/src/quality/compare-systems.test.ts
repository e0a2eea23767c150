import { describe, expect, it } from 'vitest';
import { compareQueries } from './compare-queries.ts';
import type { SearchedSystem } from './compare-systems.ts';
import { answer, searched } from './searched-query.fixture.ts';

const ids = Array.from({ length: 20 }, (_, at) => `q${at}`);
const qrels = ids.map((query) => ({ query, document: 'a', relevance: 1 }));
const best = ['a', 'b', 'c'];
const second = ['b', 'a', 'c'];

function system(name: string, found: readonly string[], { asked = true, whole = false } = {}): SearchedSystem {
  return { name, role: whole ? 'whole' : 'part', asked, answers: new Map(ids.map((id) => [id, answer(found)])) };
}

function measure(systems: readonly SearchedSystem[], judged = qrels) {
  const queries = ids.map((id) => searched(id, best, best));
  return compareQueries({
    queries,
    knownItems: [],
    systems,
    qrels: judged,
    minNdcgDelta: -0.02,
    slices: [],
    scoreKinds: { old: 'Cosine', new: 'rrf' },
    sameSpace: null,
  });
}

const fusedBy = (found: readonly string[], asked = true) => system('fused', found, { asked, whole: true });

describe('dense, sparse and fused', () => {
  it('says that a hybrid finds less than its dense part, with the interval', () => {
    const { systems, reasons } = measure([
      system('dense', best, { asked: false }),
      system('words', second, { asked: false }),
      fusedBy(second),
    ]);
    expect(systems.map(({ metrics }) => metrics?.mrr)).toEqual([1, 0.5, 0.5]);
    expect(systems[0]?.wholeGains?.difference).toBeCloseTo(1 / Math.log2(3) - 1, 10);
    expect(systems[2]?.wholeGains).toBeNull();
    expect(reasons).toContainEqual(
      expect.stringMatching(
        /^fused finds less than dense: nDCG@10 0\.631 against 1\.000, -0\.369 for every query, so no interval can be estimated; ask that/,
      ),
    );
    expect(reasons.filter((reason) => reason.includes('finds less'))).toHaveLength(1);
  });

  it('says what fusing would find where applications ask the dense part alone, and only where it surely finds more', () => {
    const dense = system('dense', second);
    expect(measure([dense, fusedBy(best, false)]).reasons).toContainEqual(expect.stringMatching(/^fused would find more than dense/));
    expect(measure([dense, fusedBy(second, false)]).reasons.join()).not.toContain('would find more');
  });

  it('names the single part that finds more than the one that applications ask, which the fusion hides', () => {
    const { systems, reasons } = measure([system('dense', second), system('words', best, { asked: false }), fusedBy(second, false)]);
    expect(systems[1]?.askedGains?.difference).toBeCloseTo(1 - 1 / Math.log2(3), 10);
    expect(systems[0]?.askedGains).toBeNull();
    expect(reasons).toContainEqual(
      expect.stringMatching(/^words finds more than dense, which search\.new asks: nDCG@10 1\.000 against 0\.631, \+0\.369/),
    );
    expect(measure([system('dense', best), system('words', second, { asked: false }), fusedBy(second, false)]).reasons.join()).not.toMatch(
      /finds more/,
    );
  });

  it('names a part that finds nothing', () => {
    expect(measure([system('words', []), fusedBy(best)]).reasons).toContain('words finds nothing for 20 of 20 queries');
  });

  it('without labels has their overlap, and no verdict on them', () => {
    const { systems, reasons } = measure([system('dense', best), system('words', ['x', 'a', 'y']), fusedBy(best)], []);
    expect(systems.map(({ metrics, wholeGains, overlap }) => [metrics, wholeGains, overlap])).toEqual([
      [null, null, 1],
      [null, null, expect.closeTo(1 / 3)],
      [null, null, 1],
    ]);
    expect(reasons.join()).not.toMatch(/finds less|would find/);
  });
});
