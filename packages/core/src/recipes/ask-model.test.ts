import type { ErrorCode, ModelCallJob, SaidOfModel } from '@reembed/contracts';
import { createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import type { ModelCallResult } from '../ports/fleet.ts';
import { askEmbeddings } from './model-calls.ts';

const how = { scope: 'm1', model: 'fake/4', dimensions: null, kind: 'query', onLongText: 'quarantine' } as const;

function start() {
  const { modelCalls } = createFakeState();
  const texts = (job: ModelCallJob | undefined) => (job?.call === 'embed' ? job.texts : []);
  const answerAll = (of: (text: string) => number) => {
    for (const job of modelCalls.asked.splice(0)) {
      const embedded = texts(job).map((text) => ({ vector: vectorToBase64(Float32Array.of(of(text))) }));
      modelCalls.answer(job.callId, { ok: true, answer: { call: 'embed', embedded } });
    }
  };
  return {
    modelCalls,
    texts,
    answerAll,
    ask: (all: readonly string[], said?: SaidOfModel) => askEmbeddings({ modelCalls }, { ...how, said, texts: all }),
  };
}

describe('askEmbeddings', () => {
  it('asks for all calls at once, each of a bounded size, and answers in the order of the texts', async () => {
    const on = start();
    const texts = [...Array.from({ length: 130 }, (_, n) => String(n)), '7', 'x'.repeat(300_000), '131'];
    expect(await on.ask(texts)).toBeNull();
    expect(on.modelCalls.asked.map((job) => on.texts(job).length)).toEqual([64, 64, 2, 1, 1]);
    on.answerAll((text) => text.length);
    const found = await on.ask(texts);
    expect(found).toEqual(texts.map(({ length }) => ({ vector: Float32Array.of(length) })));
  });

  it('finds what was answered when it begins again, and asks only for what is new', async () => {
    const on = start();
    await on.ask(['a', 'b']);
    await on.ask(['a', 'b']);
    expect(on.modelCalls.asked).toHaveLength(1);
    on.answerAll(() => 1);
    expect(await on.ask(['a', 'b'])).toHaveLength(2);
    expect(await on.ask(['a', 'c'])).toBeNull();
    expect(on.modelCalls.asked).toHaveLength(1);
  });

  it('tells the worker what the spec says of the model, and takes no answer that was made by other words', async () => {
    const on = start();
    await on.ask(['a'], { queryPrefix: 'ask: ' });
    expect(on.modelCalls.asked).toMatchObject([{ said: { queryPrefix: 'ask: ' } }]);
    on.answerAll(() => 1);
    expect(await on.ask(['a'], { queryPrefix: 'ask: ' })).toHaveLength(1);
    expect(await on.ask(['a'], { queryPrefix: 'query: ' })).toBeNull();
  });

  it.each([
    ['provider-unreachable', 'provider-unreachable', 'later'],
    ['provider-unauthorized', 'provider-unauthorized', 'never'],
    ['something-new', 'internal', 'never'],
  ])('throws what a call ended with (%s), and asks anew the next time', async (stored, code, retry) => {
    const on = start();
    await on.ask(['a']);
    const failed: ModelCallResult = { ok: false, code: stored as ErrorCode, message: 'no', retryAfterMs: 7 };
    for (const job of on.modelCalls.asked.splice(0)) on.modelCalls.answer(job.callId, failed);
    await expect(on.ask(['a'])).rejects.toMatchObject({ code, retry, message: 'no', retryAfterMs: 7 });
    expect(await on.ask(['a'])).toBeNull();
    expect(on.modelCalls.asked).toHaveLength(1);
  });
});
