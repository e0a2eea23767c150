import { throttleSpecSchema } from '@reembed/contracts';
import type { RequestNeed } from '@reembed/core';
import { buildMigration, createFakeCatalogue, createFakeEmbedder, createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createBudgets } from './budgets.ts';

const { signal } = new AbortController();
const model = 'hash/64';

async function fixture(throttle: object) {
  const fake = createFakeState();
  const needs: RequestNeed[] = [];
  const rateBudget: typeof fake.rateBudget = {
    ...fake.rateBudget,
    pass(...asked) {
      needs.push(asked[1]);
      return fake.rateBudget.pass(...asked);
    },
  };
  const { spec } = buildMigration();
  await fake.migrations.insert(buildMigration({ id: 'm1', spec: { ...spec, throttle: throttleSpecSchema.parse(throttle) } }));
  const catalogue = createFakeCatalogue([createFakeEmbedder({ model })], { pricePerMillionTokensUsd: 1_000_000 });
  const budgets = createBudgets({ state: { ...fake, rateBudget }, catalogue });
  const pass = async (callId: string) => (await budgets.ofCall({ callId })).pass(model, { inputs: 1, tokens: 3 }, signal);
  return { needs, pass };
}

describe('the budget of a model call', () => {
  it('is that of its migration: its share, of the witness and of what gates embed', async () => {
    const on = await fixture({ share: 0.5 });
    for (const callId of ['m1-witness-0', 'm1-embed-0a1b']) await on.pass(callId);
    const share = { of: 'm1', part: 0.5 };
    expect(on.needs).toEqual([
      { inputs: 1, tokens: 3, share },
      { inputs: 1, tokens: 3, share },
    ]);
  });

  it('is that of the fleet for a plan, a trial, and a migration that nobody knows', async () => {
    const on = await fixture({ share: 0.5 });
    for (const callId of ['plan-7-embed-0a', 'm10-embed-0a', 'm1-trial-witness-0', 'whatever']) await on.pass(callId);
    expect(on.needs).toEqual(Array(4).fill({ inputs: 1, tokens: 3 }));
  });

  it('ends where the migration may spend no more', async () => {
    const on = await fixture({ maxCostUsd: 5 });
    await on.pass('m1-witness-0');
    await expect(on.pass('m1-embed-0a')).rejects.toMatchObject({ code: 'over-budget' });
  });
});
