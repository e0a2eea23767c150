import type { SpecInput } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { shortDecisions } from '../commands/decisions.ts';
import { parseSpec } from '../domain/parse-spec.ts';
import { tooLong } from '../domain/spec-size.ts';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import { shortWitness } from '../recipes/witness.ts';
import { docs, startFleet } from './fleet.fixture.ts';

const most = 16 * 1024;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

const queries = Array.from({ length: 300 }, (_, at) => ({ id: `q${at}`, text: `what people search for, number ${at}` }));

function specWith(ids: number, words: number): SpecInput {
  const text = `${'Überschrift '.repeat(words)}{{body}}`;
  const filter = { should: [{ has_id: Array.from({ length: ids }, (_, at) => 10_000_000 + at) }, { must: [] }] };
  return {
    name: 'docs',
    source: { collection: 'docs_v1', filter },
    target: { collection: 'docs_v2', alias: 'docs' },
    vectors: { '': { embed: { model: 'fake/4', text } } },
    gates: { queries, sampledPoints: 0 },
  };
}

/** As long as a spec may be, for the most part by its filter, or by its template. */
function longest(grow: (by: number) => SpecInput): SpecInput {
  let by = 0;
  const fits = (spec: SpecInput) => {
    try {
      return tooLong(parseSpec(spec)) === null;
    } catch {
      return false;
    }
  };
  while (fits(grow(by + 1))) by++;
  return grow(by);
}

it.each([
  ['filter', longest((by) => specWith(by, 1))],
  ['template', longest((by) => specWith(1, by))],
])(
  'all that reembed writes into metadata stays below 16 kB, for the longest spec that is accepted by its %s, with late writes and words',
  async (_, spec) => {
    const on = await startFleet();
    await on.submit(parseSpec(spec));
    await on.settle();
    const override = { gate: 'quality', by: 'Ada', reason: 'nobody knows the old model' } as const;
    await command(on.deps, 'm1', 'switch', { acceptLateWrites: true, override });
    const pointAlias = async (alias: string, collection: string) => {
      await on.stores.collections.pointAlias(alias, collection);
      if (alias === 'docs') on.stores.put('docs_v1', docs(500).slice(7));
    };
    await on.settle({ collections: { ...on.stores.collections, pointAlias } });
    expect(await on.load()).toMatchObject({ phase: 'observing', lateWrites: [{ kind: 'missing', count: 493 }] });
    const metadata = (await on.stores.collections.describe('docs_v2'))?.metadata ?? {};
    const at = '2026-01-01T00:00:00.000Z';
    const overrides = (['fidelity', 'quality'] as const).flatMap((gate) =>
      Array.from({ length: 5 }, () => ({ gate, verdict: 'fail' as const, by: 'Ä'.repeat(200), reason: 'ä'.repeat(2_000), at })),
    );
    const approvals = Array.from({ length: 50 }, () => ({ act: 'switch', by: 'somebody at a desk', at }));
    const decisions = shortDecisions({ approvals, overrides });
    const vectors = [1, 2, 3].map((text) => vectorToBase64(new Float32Array(3_072).fill(text)));
    const witness = { '': shortWitness({ model: 'fake/4', dimensions: 3_072, vectors }, 1) };
    const longer = { ...metadata, reembed: { ...(metadata.reembed as object), witness }, 'reembed.decisions': decisions };
    expect(Object.keys(metadata)).toEqual(expect.arrayContaining(['reembed', 'reembed.phase', 'reembed.decisions']));
    expect(bytesOf(longer)).toBeLessThan(most);
    expect(bytesOf(longer)).toBeGreaterThan(most / 2);
  },
);
