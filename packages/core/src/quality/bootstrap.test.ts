import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clustersOf } from './judged-queries.ts';
import { standardDeviation } from './statistics.fixture.ts';
import {
  bootstrapMeans,
  type Clusters,
  createSeededRandom,
  detectableAmong,
  type Interval,
  independentOf,
  spreadOf,
} from './statistics.ts';

const random = createSeededRandom(1);
const values = Array.from({ length: 200 }, () => random() - 0.3);

function bootstrapMean(differences: readonly number[]): Interval {
  const [interval] = bootstrapMeans([differences]);
  if (interval === undefined) throw new Error('there is no interval');
  return interval;
}

describe('bootstrapMeans', () => {
  it('always gives the same differences the same interval', () => {
    expect(bootstrapMean(values)).toEqual(bootstrapMean([...values]));
  });

  it('has an interval as wide as the normal one of many queries', () => {
    const { difference, lower, upper } = bootstrapMean(values);
    const half = (1.96 * standardDeviation(values)) / Math.sqrt(values.length);
    expect(lower).toBeCloseTo(difference - half, 2);
    expect(upper).toBeCloseTo(difference + half, 2);
  });

  it('covers the true mean in about 95 of 100 samples', () => {
    const samples = Array.from({ length: 100 }, () => Array.from({ length: 60 }, random));
    const covered = bootstrapMeans(samples).filter(({ lower, upper }) => lower <= 0.5 && upper >= 0.5).length;
    expect(covered).toBeGreaterThanOrEqual(90);
    expect(covered).toBeLessThanOrEqual(99);
  });

  it('gives a list the same interval alone and among others', () => {
    const halves = values.map((value) => value / 2);
    expect(bootstrapMeans([halves, values])).toEqual([bootstrapMean(halves), bootstrapMean(values)]);
    expect(bootstrapMeans([])).toEqual([]);
  });

  it('has no width where nothing differs', () => {
    expect(bootstrapMean([0, 0, 0])).toEqual({ difference: 0, lower: 0, upper: 0 });
  });
});

describe('queries about one document, several of each', () => {
  type Case = { of: number[]; differences: number[]; interval: [number, number]; asIfIndependent: [number, number]; detectable: number };
  const { clusters }: { clusters: Case[] } = JSON.parse(readFileSync(new URL('fixtures/cluster-cases.json', import.meta.url), 'utf8'));
  /** What 10,000 draws differ by from SciPy's 200,000. */
  const draws = 0.003;

  it.each(clusters)('have the interval of SciPy, and show the difference that it finds: $detectable', (one) => {
    const [{ lower, upper } = { lower: 0, upper: 0 }] = bootstrapMeans([one.differences], { of: one.of });
    expect([lower, upper].map((bound, at) => Math.abs(bound - (one.interval[at] ?? 9)) < draws)).toEqual([true, true]);
    expect(detectableAmong(one.differences, { of: one.of })).toBeCloseTo(one.detectable, 6);
  });

  it('taken for independent would look surer than they are', () => {
    const width = ([lower, upper]: [number, number]) => upper - lower;
    const widest = clusters.map((one) => width(one.interval) / width(one.asIfIndependent));
    expect(widest[0]).toBeCloseTo(1, 1);
    expect(Math.min(...widest.slice(1))).toBeGreaterThan(1.2);
  });
});

/** A query's documents are those from its own place on: it shares some with its neighbours, and all are one chain. */
const chain = { queries: 120, documents: 6, step: 2 };
const chained: Clusters = {
  of: Array.from({ length: chain.queries }, (_, at) => at),
  documents: Array.from({ length: chain.queries }, (_, at) => Array.from({ length: chain.documents }, (__, n) => at * chain.step + n)),
};

describe('queries that share a part of their documents', () => {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  /** Every document has its own luck, and so has every query. Nothing differs in truth. */
  const samples = Array.from({ length: 200 }, () => {
    const luck = Array.from({ length: chain.queries * chain.step + chain.documents }, normal);
    return (chained.documents ?? []).map(
      (own) => own.reduce((sum, document) => sum + (luck[document] ?? 0), 0) / Math.sqrt(own.length) + 0.5 * normal(),
    );
  });
  const covered = (clusters?: Clusters) => bootstrapMeans(samples, clusters).filter(({ lower, upper }) => lower <= 0 && upper >= 0).length;

  it('have an interval that covers the truth in about 95 of 100 samples, as one over independent queries does not', () => {
    expect(covered()).toBeLessThan(160);
    expect(covered(chained)).toBeGreaterThanOrEqual(180);
  });

  it('are neither one piece of evidence, as the chain is, nor as many as there are queries', () => {
    expect(independentOf(chained)).toBeGreaterThan(chain.queries / 4);
    expect(independentOf(chained)).toBeLessThan(chain.queries / 2);
  });

  const { cases }: { cases: { relevant: number[][]; differences: number[]; standardError: number; independent: number }[] } = JSON.parse(
    readFileSync(new URL('fixtures/overlap-cases.json', import.meta.url), 'utf8'),
  );

  it.each(cases)(
    'have the standard error and the number that NumPy finds: $independent',
    ({ relevant, differences, standardError, independent }) => {
      const clusters = clustersOf(
        relevant.map((own, at) => ({ query: { text: String(at) }, judgements: new Map(own.map((document) => [String(document), 1])) })),
      );
      const count = new Set(clusters.of).size;
      // Ours has the correction of a sample's standard deviation.
      expect(spreadOf(differences, clusters) / Math.sqrt(count)).toBeCloseTo(standardError * Math.sqrt(count / (count - 1)), 10);
      expect(independentOf(clusters)).toBe(Math.floor(independent + 1e-6));
    },
  );
});
