import { type ErrorCode, errorCodes } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../commands/view.ts';
import { errorOf, ReembedError, summarizeError } from '../domain/error.ts';
import { maxRangeAttempts } from '../domain/retry-policy.ts';
import { compareNow } from '../gates/compare-now.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

/** A fleet with a migration, whose provider answers with the error from the moment `breakProvider` is called. */
async function start(spec = buildSpec()) {
  const failures: ReembedError[] = [];
  const on = await startFleet({ points: docs(2), embedder: { failures } });
  await on.submit(spec);
  const breakProvider = (code: ErrorCode) =>
    failures.push(...Array.from({ length: 10 * maxRangeAttempts }, () => new ReembedError(code, 'in its words', { retryAfterMs: 5 })));
  const errors = () => on.state.events.published.flatMap(({ event }) => (event.type === 'error' ? [event] : []));
  return { ...on, breakProvider, errors };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Document, view and event say the same. */
async function expectFailed(on: Started, code: ErrorCode, message: string): Promise<void> {
  const expected = { code, message: expect.stringContaining(message) };
  const failed = await on.load();
  expect(failed).toMatchObject({ phase: 'failed', error: expected });
  expect((await viewOf(on.deps, failed)).error).toEqual(failed.error);
  expect(on.errors()).toMatchObject([expected]);
  // The code stands beside the message, not in it too.
  expect(failed.error?.message).not.toContain(`[${code}]`);
}

const final = (['provider-unauthorized', 'provider-refused', 'model-missing', 'unknown-model', 'invalid-config'] as const).map(
  (code) => [code] as const,
);

describe('the cause of a failed migration keeps its code', () => {
  it.each(final)('%s as the witness is asked for', async (code) => {
    const on = await start();
    on.breakProvider(code);
    await on.until('failed');
    await expectFailed(on, code, 'in its words');
  });

  it.each(final)('%s as a range is copied', async (code) => {
    const on = await start();
    await on.until('copying');
    on.breakProvider(code);
    await on.until('failed');
    await expectFailed(on, code, 'in its words');
  });

  it('of a range that was given up, also where it might pass by itself: that was waited out', async () => {
    const on = await start();
    await on.until('copying');
    on.breakProvider('provider-unreachable');
    await on.until('failed');
    await expectFailed(on, 'provider-unreachable', '1 range(s) were given up, for instance range 0: in its words');
  });

  it.each(['preparing', 'copying'] as const)(
    'of replies that stay wrong while it is %s: they are not paid for again and again',
    async (phase) => {
      const on = await start();
      await on.until(phase);
      on.breakProvider('provider-bad-reply');
      await on.until('failed');
      await expectFailed(on, 'provider-bad-reply', 'in its words');
    },
  );

  it('a defect in a range is internal, with its words', async () => {
    const on = await start();
    await on.until('copying');
    Object.assign(on.embedder, { embed: async () => Promise.reject(new TypeError('x is undefined')) });
    await on.until('failed');
    await expectFailed(on, 'internal', 'range 0: x is undefined');
  });

  it('a size that the model does not give is the spec at fault', async () => {
    const on = await start(buildSpec({ vectors: { new: { embed: { model: 'fake/4', text: '{{body}}', dimensions: 4 } } } }));
    Object.assign(on.embedder, {
      embed: async (texts: readonly string[]) => ({ vectors: new Float32Array(texts.length * 3).fill(1), dimensions: 3, tokens: 1 }),
    });
    await on.until('failed');
    await expectFailed(on, 'invalid-spec', 'embed.dimensions is 4, but fake/4 gives 3');
  });
});

it('a comparison that a person asks for ends with what the provider said', async () => {
  const made = { model: 'fake/4', text: '{{body}}' };
  const on = await start(buildSpec({ source: { collection: 'docs_v1', vectors: { '': made } }, search: { new: { using: 'new' } } }));
  await on.settle();
  const migration = await on.load();
  on.breakProvider('provider-unauthorized');
  const asked = (): Promise<unknown> => compareNow({ ...on.deps, clock: working(on) }, migration, { queries: ['one'], limit: 3 });
  await expect(asked()).rejects.toMatchObject({ code: 'provider-unauthorized' });
});

/** Whoever waits by this clock lets the fleet work. */
function working(on: Started): Started['clock'] {
  return { ...on.clock, sleep: on.work };
}

describe('an error that was stored', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('%s is thrown again under its code, with its retry class', (code) => {
    const error = new ReembedError(code, 'so it is', { retryAfterMs: 1_500 });
    const again = errorOf(JSON.parse(JSON.stringify(summarizeError(error))));
    expect(again).toMatchObject({ code, retry: errorCodes[code].retry, message: 'so it is', retryAfterMs: 1_500 });
  });
});
