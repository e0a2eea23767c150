import { readFileSync } from 'node:fs';
import { type SearchProfile, searchProfileSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { chooseFusion, type FusionMeasurement } from './choose-fusion.ts';
import { fusionInWords } from './fusion-reasons.ts';
import { searched } from './searched-query.fixture.ts';
import { createSeededRandom, mean } from './statistics.ts';

type Lists = readonly (readonly (readonly [string, number])[])[];
const { queries }: { queries: readonly Lists[] } = JSON.parse(readFileSync(new URL('fixtures/fusion-cases.json', import.meta.url), 'utf8'));

const fused = searchProfileSchema.parse({ prefetch: [{ using: 'strong' }, { using: 'weak' }], fusion: 'rrf' });
/** Each about documents of its own, so that each counts. */
const named = (at: number, document: string) => `q${at} ${document}`;
const about = (at: number) => new Map(['d0', 'd1', 'd2'].map((document) => [named(at, document), 1]));

function list(using: string, of: (lists: Lists) => Lists[number] | undefined, asked = queries) {
  const hits = (lists: Lists, at: number) =>
    (of(lists) ?? []).map(([document, score]) => ({
      id: { kind: 'integer' as const, id: document.slice(1) },
      document: named(at, document),
      score,
      text: '',
    }));
  const answers = new Map(asked.map((lists, at) => [`q${at}`, { hits: hits(lists, at), tookMs: 1 }]));
  return { name: `"${using}" alone`, profile: searchProfileSchema.parse({ using }), answers };
}

function measured(given: Partial<FusionMeasurement> = {}, count = queries.length): FusionMeasurement {
  const judged = queries.slice(0, count).map((_, at) => ({ query: searched(`q${at}`, [], []), judgements: about(at) }));
  const lists = [list('strong', ([strong]) => strong), list('weak', ([, weak]) => weak)];
  return { basis: 'labels', lists, fused, asked: fused, canWeigh: true, judged, ...given };
}

function choose(given?: Partial<FusionMeasurement>, count?: number) {
  const choice = chooseFusion(measured(given, count));
  if (choice === null) throw new Error('nothing was chosen');
  return choice;
}

describe('the choice of a fusion', () => {
  it('weighs a weak half less, and says what that gains on queries that did not choose', () => {
    const choice = choose();
    expect(choice).toMatchObject({ asked: 'rrf', advised: true, independent: 60, tried: 30 });
    expect(choice.best).toMatch(/^rrf, k \d+, weights (3|5|10) : 1$/);
    expect(choice.heldOut.lower).toBeGreaterThan(0);
    const names = choice.ways.map(({ name }) => name);
    expect(names).toEqual(['"strong" alone', '"weak" alone', 'rrf', choice.best, 'dbsf']);
    expect(choice.ways[2]?.gains).toBeNull();
    const [said] = fusionInWords(choice, 'm1');
    expect(said).toContain('`reembed fusion m1 --write spec.yaml` writes it into the spec');
  });

  it('gives what a spec takes', () => {
    const { ways, best } = choose();
    const way = ways.find(({ name }) => name === best);
    const taken: SearchProfile = searchProfileSchema.parse(way?.search);
    expect(taken).toMatchObject({ fusion: 'rrf', prefetch: fused.prefetch, limit: fused.limit });
    expect(taken.rrf?.weights?.[0]).toBeGreaterThan(taken.rrf?.weights?.[1] ?? 0);
  });

  it('tries no weights where the server knows none', () => {
    const { tried, best } = choose({ canWeigh: false });
    expect([tried, best]).toEqual([6, '"strong" alone']);
  });

  it('advises nothing by too few queries, nor by known items, which ask in the words of their documents', () => {
    const few = choose({}, 20);
    expect(few).toMatchObject({ advised: false, independent: 20 });
    expect(fusionInWords(few, 'm1').join()).toContain('20 queries about different documents are too few to choose by, which takes 50');
    const known = choose({ basis: 'known-items' });
    expect(known.advised).toBe(false);
    expect(fusionInWords(known, 'm1').join()).toContain('nothing is advised by them');
  });

  it('takes the luck of the best of many for no gain', () => {
    const choices = Array.from({ length: 10 }, (_, seed) => {
      const random = createSeededRandom(seed);
      const drawn = () => Array.from({ length: 40 }, (_, at) => ({ at, order: random() })).sort((a, b) => a.order - b.order);
      const dealt = () =>
        queries.map(() => [
          drawn()
            .slice(0, 20)
            .map(({ at }, place) => [`d${at}`, 20 - place] as const),
        ]);
      const lists = [list('a', ([found]) => found, dealt()), list('b', ([found]) => found, dealt())];
      return choose({ lists });
    });
    const seen = choices.map(({ ways, best }) => ways.find(({ name }) => name === best)?.gains?.difference ?? 0);
    expect(mean(seen)).toBeGreaterThan(0.01);
    expect(mean(choices.map(({ heldOut }) => heldOut.difference))).toBeLessThan(mean(seen) / 2);
    // Of ten that mean nothing the interval takes one for something at most.
    expect(choices.filter(({ advised }) => advised).length).toBeLessThanOrEqual(1);
  });

  it('spreads no distances, of which the smaller is nearer', () => {
    const far = list('far', ([strong]) => strong?.map(([document, score]) => [document, -score] as const));
    const names = choose({ lists: [list('strong', ([strong]) => strong), far] }).ways.map(({ name }) => name);
    expect(names).not.toContain('dbsf');
  });

  it('is none where applications rank candidates anew', () => {
    const asked = searchProfileSchema.parse({ using: 'strong', prefetch: [{ using: 'weak' }] });
    expect(chooseFusion(measured({ asked }))).toBeNull();
  });
});
