import { createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { askEmbeddings, scopeOfCall } from './model-calls.ts';

describe('the id of a model call', () => {
  it.each(['m0123456789ab', 'plan-7', 'an-embed-witness'])('says what it is for: %s', async (scope) => {
    const { modelCalls } = createFakeState();
    const how = { model: 'hash/64', said: undefined, dimensions: null, kind: 'document', onLongText: 'truncate' } as const;
    await askEmbeddings({ modelCalls }, { scope, texts: ['a'], ...how });
    expect(modelCalls.asked.map(scopeOfCall)).toEqual([scope]);
    expect(scopeOfCall({ callId: `${scope}-witness-0` })).toBe(scope);
  });

  it('says nothing where it is made otherwise', () => {
    for (const callId of ['', 'm1', 'm1-other-1', 'm1-embed']) expect(scopeOfCall({ callId })).toBe('');
  });
});
