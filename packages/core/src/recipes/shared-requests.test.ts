import {
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  type FakeEmbedder,
  type FakeEmbedderOptions,
  fakeVector,
} from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { Clock } from '../ports/fleet.ts';
import { embedTexts } from './embed-texts.ts';
import { createSharedRequests } from './shared-requests.ts';

/** Pages of one migration before an embedder whose requests are answered when told, and a linger that ends when told. */
function scene(options: FakeEmbedderOptions = {}) {
  const embedder = createFakeEmbedder({ limits: { maxInputs: 4 }, ...options });
  const answers: PromiseWithResolvers<void>[] = [];
  const lingers: (PromiseWithResolvers<void> & { readonly ms: number })[] = [];
  const asked: AbortSignal[] = [];
  const embed: FakeEmbedder['embed'] = async (texts, request) => {
    const answer = Promise.withResolvers<void>();
    answers.push(answer);
    if (request.signal) asked.push(request.signal);
    const made = embedder.embed(texts, request);
    made.catch(() => undefined);
    await answer.promise;
    return made;
  };
  const time = createFakeClock();
  const clock: Clock = {
    ...time,
    sleep(ms) {
      const linger = { ...Promise.withResolvers<void>(), ms };
      lingers.push(linger);
      return linger.promise;
    },
  };
  const { rateBudget } = createFakeState({ clock });
  let heldMs = 0;
  const pass: typeof rateBudget.pass = async (...asked) => {
    time.advance(heldMs);
    return rateBudget.pass(...asked);
  };
  const budget = { ...rateBudget, pass };
  const hold = (ms: number) => {
    heldMs = ms;
  };
  const shared = createSharedRequests();
  const page = (texts: readonly string[], signal = new AbortController().signal) => {
    const made = embedTexts({ embedder: { ...embedder, embed }, dimensions: undefined, budget, clock, signal, shared }, texts);
    made.catch(() => undefined);
    return made;
  };
  const requests = (count: number) => expect.poll(() => answers.length).toBe(count);
  return { page, requests, answers, asked, lingers, hold, sent: embedder.requests };
}

const vectorsOf = (texts: readonly string[]) => texts.map((text) => ({ vector: Float32Array.from(fakeVector(text)) }));

describe('requests that pages share', () => {
  it('go at once for a page that is alone', async () => {
    const on = scene();
    const made = on.page(['a', 'b']);
    await on.requests(1);
    on.answers[0]?.resolve();
    expect(await made).toEqual({ embedded: vectorsOf(['a', 'b']), texts: 2, tokens: 2 });
    expect(on.lingers).toEqual([]);
  });

  it('are filled by what pages leave over while another is under way, and go as soon as they are full', async () => {
    const on = scene();
    const pages = [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
      ['g', 'h', 'i'],
    ].map((texts) => on.page(texts));
    await on.requests(2);
    expect(on.sent).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f', 'g'],
    ]);
    on.answers[0]?.resolve();
    await pages[0];
    on.answers[1]?.resolve();
    await on.requests(3);
    expect(on.sent[2]).toEqual(['h', 'i']);
    on.answers[2]?.resolve();
    expect(await pages[2]).toEqual({ embedded: vectorsOf(['g', 'h', 'i']), texts: 3, tokens: 3 });
  });

  it('do not wait for others longer than the linger', async () => {
    const on = scene();
    const first = on.page(['a']);
    const second = on.page(['b']);
    await expect.poll(() => on.lingers.length).toBe(1);
    expect(on.sent).toEqual([['a']]);
    on.lingers[0]?.resolve();
    await on.requests(2);
    expect(on.sent).toEqual([['a'], ['b']]);
    for (const answer of on.answers) answer.resolve();
    expect((await first).embedded).toEqual(vectorsOf(['a']));
    expect((await second).embedded).toEqual(vectorsOf(['b']));
  });

  it.each([
    [0, 20],
    [300, 150],
    [60_000, 500],
  ])('that had to wait %d ms for their passage have the next ones wait for others for %d ms', async (held, lingered) => {
    const on = scene();
    on.hold(held);
    const pages = [on.page(['a'])];
    await on.requests(1);
    pages.push(on.page(['b']));
    await expect.poll(() => on.lingers.length).toBe(1);
    expect(on.lingers[0]?.ms).toBe(lingered);
    on.lingers[0]?.resolve();
    await on.requests(2);
    for (const answer of on.answers) answer.resolve();
    await Promise.all(pages);
  });

  it('hold a text that several pages have once, and it is paid once', async () => {
    const on = scene();
    const before = on.page(['x']);
    const pages = [on.page(['same text', 'a']), on.page(['b', 'same text'])];
    await expect.poll(() => on.lingers.length).toBe(1);
    on.lingers[0]?.resolve();
    await on.requests(2);
    for (const answer of on.answers) answer.resolve();
    await before;
    expect(on.sent[1]).toEqual(['same text', 'a', 'b']);
    const [one, other] = await Promise.all(pages);
    expect([one?.embedded, other?.embedded]).toEqual([vectorsOf(['same text', 'a']), vectorsOf(['b', 'same text'])]);
    expect([one?.texts, other?.texts, (one?.tokens ?? 0) + (other?.tokens ?? 0)]).toEqual([2, 1, 4]);
  });

  it('refuse a bad text to the page that has it, and to no other', async () => {
    const on = scene({ limits: { maxInputs: 8 } });
    const before = on.page(['x']);
    const pages = [on.page(['a', 'REFUSED']), on.page(['b', 'c'])];
    await expect.poll(() => on.lingers.length).toBe(1);
    on.lingers[0]?.resolve();
    for (let answered = 0; ; answered++) {
      const ended = await Promise.race([Promise.all(pages), on.requests(answered + 1).then(() => null)]);
      if (ended !== null) break;
      on.answers[answered]?.resolve();
    }
    await before;
    const [bad, good] = await Promise.all(pages);
    expect(bad?.embedded).toEqual([...vectorsOf(['a']), { refused: expect.objectContaining({ code: 'provider-refused-input' }) }]);
    expect(good?.embedded).toEqual(vectorsOf(['b', 'c']));
  });

  it('fail all of their pages with what is wrong with the server, and leave nothing behind', async () => {
    const on = scene({ failures: [null, new ReembedError('over-budget', 'no more')] });
    const before = on.page(['x']);
    const pages = [on.page(['a']), on.page(['b'])];
    await expect.poll(() => on.lingers.length).toBe(1);
    on.lingers[0]?.resolve();
    await on.requests(2);
    for (const answer of on.answers) answer.resolve();
    await before;
    for (const page of pages) await expect(page).rejects.toMatchObject({ code: 'over-budget' });
    const later = on.page(['b']);
    await on.requests(3);
    on.answers[2]?.resolve();
    expect((await later).embedded).toEqual(vectorsOf(['b']));
  });

  it('go on for the others where a page stops, and stop with the last', async () => {
    const on = scene();
    const [one, other] = [new AbortController(), new AbortController()];
    const before = on.page(['x']);
    const pages = [on.page(['a'], one.signal), on.page(['b'], other.signal), on.page(['c'], one.signal)];
    await expect.poll(() => on.lingers.length).toBe(1);
    on.lingers[0]?.resolve();
    await on.requests(2);
    one.abort(new Error('the range is lost'));
    await expect(pages[0]).rejects.toThrow('the range is lost');
    expect(on.asked[1]?.aborted).toBe(false);
    other.abort(new Error('this one too'));
    await expect(pages[1]).rejects.toThrow('this one too');
    expect(on.asked[1]?.aborted).toBe(true);
    on.answers[0]?.resolve();
    await before;
  });

  it('are counted whole by those that go on', async () => {
    const on = scene();
    const stop = new AbortController();
    const before = on.page(['x']);
    const stopped = on.page(['both', 'of the stopped'], stop.signal);
    const other = on.page(['both', 'b']);
    await expect.poll(() => on.lingers.length).toBe(1);
    on.lingers[0]?.resolve();
    await on.requests(2);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    for (const answer of on.answers) answer.resolve();
    await before;
    expect(await other).toEqual({ embedded: vectorsOf(['both', 'b']), texts: 3, tokens: 5 });
  });

  it('are not sent again for a page that stopped and comes back', async () => {
    const on = scene();
    const stop = new AbortController();
    const before = on.page(['x']);
    const stopped = on.page(['a', 'b'], stop.signal);
    const other = on.page(['c']);
    await expect.poll(() => on.lingers.length).toBe(1);
    on.lingers[0]?.resolve();
    await on.requests(2);
    stop.abort(new Error('a write failed'));
    await expect(stopped).rejects.toThrow('a write failed');
    const back = on.page(['b', 'a']);
    for (const answer of on.answers) answer.resolve();
    await before;
    expect(await back).toEqual({ embedded: vectorsOf(['b', 'a']), texts: 2, tokens: 2 });
    expect(await other).toEqual({ embedded: vectorsOf(['c']), texts: 1, tokens: 1 });
    expect(on.sent).toEqual([['x'], ['a', 'b', 'c']]);
  });

  it('are sent again where nobody was left to wait for them', async () => {
    const on = scene();
    const stop = new AbortController();
    const stopped = on.page(['a'], stop.signal);
    await on.requests(1);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    expect(on.asked[0]?.aborted).toBe(true);
    const back = on.page(['a']);
    await on.requests(2);
    on.answers[0]?.resolve();
    on.answers[1]?.resolve();
    expect(await back).toEqual({ embedded: vectorsOf(['a']), texts: 1, tokens: 1 });
  });

  it('hold nothing of a page that stops before they go', async () => {
    const on = scene();
    const stop = new AbortController();
    const before = on.page(['x']);
    const stopped = on.page(['a', 'both'], stop.signal);
    const other = on.page(['both', 'b']);
    await expect.poll(() => on.lingers.length).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    on.lingers[0]?.resolve();
    await on.requests(2);
    expect(on.sent[1]).toEqual(['both', 'b']);
    for (const answer of on.answers) answer.resolve();
    await before;
    expect(await other).toEqual({ embedded: vectorsOf(['both', 'b']), texts: 2, tokens: 2 });
  });

  it('are full but for the last, whatever the pages are like, and every page has its own vectors', async () => {
    const texts = fc.array(fc.constantFrom('a', 'b b', 'c', 'd d d', 'e', 'f', 'g g', 'h'), { maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 5 }), async (pages, maxInputs) => {
        const clock = createFakeClock();
        const embedder = createFakeEmbedder({ limits: { maxInputs } });
        const { rateBudget: budget } = createFakeState({ clock });
        const context = {
          embedder,
          dimensions: undefined,
          budget,
          clock,
          signal: new AbortController().signal,
          shared: createSharedRequests(),
        };
        const made = await Promise.all(pages.map((page) => embedTexts(context, page)));
        expect(made.map(({ embedded }) => embedded)).toEqual(pages.map(vectorsOf));
        const sent = embedder.requests.flat();
        expect(made.reduce((sum, one) => sum + one.texts, 0)).toBe(sent.length);
        expect(made.reduce((sum, one) => sum + one.tokens, 0)).toBe(sent.join(' ').match(/\S+/g)?.length ?? 0);
      }),
    );
  });
});
