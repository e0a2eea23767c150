import { createFakeClock, createFakeEmbedder, createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { embedTexts } from './embed-texts.ts';
import { witnessTexts } from './witness-texts.ts';

const witness = witnessTexts[0];
const batch = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function context(failsOn: (texts: readonly string[]) => ReembedError | null) {
  const clock = createFakeClock();
  const embedder = createFakeEmbedder({ failsOn });
  const { rateBudget: budget } = createFakeState({ clock });
  return { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal };
}

const codes = [
  'provider-refused-input',
  'provider-refused',
  'provider-unauthorized',
  'provider-unreachable',
  'provider-timeout',
  'provider-bad-reply',
] as const;

describe.each(codes)('a request that keeps failing with %s', (code) => {
  const no = () => new ReembedError(code, 'no, it says');

  it('because of one text sets that one aside, by evidence, and embeds all others', async () => {
    const on = context((texts) => (texts.includes('f') ? no() : null));
    const { embedded } = await embedTexts(on, batch);
    expect(embedded.flatMap((item, at) => ('refused' in item ? [[batch[at], item.refused]] : []))).toEqual([
      [
        'f',
        expect.objectContaining({ code: 'provider-refused-input', message: expect.stringMatching(/no, it says.*it is this one: shorten/) }),
      ],
    ]);
    expect(on.embedder.requests.filter(([text]) => text === witness)).toHaveLength(2);
  });

  it('because of the number of texts ends with all of them embedded', async () => {
    const on = context((texts) => (texts.length > 2 ? no() : null));
    const { embedded } = await embedTexts(on, batch);
    expect(embedded.every((item) => 'vector' in item)).toBe(true);
  });

  it('whatever the text is the server or the account: no text is blamed, and nobody says to shorten it', async () => {
    const on = context(() => no());
    const error = await embedTexts(on, batch).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: code === 'provider-refused-input' ? 'provider-refused' : code,
      message: expect.stringMatching(/^no, it says(?!.*shorten)/),
    });
    expect(on.embedder.requests.every((texts) => texts.length === batch.length || texts[0] === witness)).toBe(true);
    expect(on.embedder.requests.length).toBeLessThanOrEqual(3 + 5);
  });

  it('that stops failing while the witness is asked costs requests, and no text', async () => {
    let failures = 0;
    const on = context((texts) => (texts[0] !== witness && failures++ < 1 ? no() : null));
    const { embedded } = await embedTexts(on, batch);
    expect(embedded.every((item) => 'vector' in item)).toBe(true);
  });
});

it('asks a batch that got no answer once, and then for less', async () => {
  const on = context((texts) => (texts.length > 4 ? new ReembedError('provider-timeout', 'silence') : null));
  await embedTexts(on, batch);
  expect(on.embedder.requests.map(({ length }) => length)).toEqual([8, 1, 4, 4]);
});

it('does not try bad replies for ever: what comes back wrong for the witness too stops it, with the words', async () => {
  const on = context(() => new ReembedError('provider-bad-reply', 'vector 0 has 5 dimensions, not 4'));
  await expect(embedTexts(on, batch)).rejects.toMatchObject({ retry: 'never', message: expect.stringContaining('5 dimensions, not 4') });
});

it('throws what stands in the way of asking the witness', async () => {
  const on = context((texts) =>
    texts[0] === witness ? new ReembedError('provider-unreachable', 'away') : new ReembedError('provider-refused-input', 'no'),
  );
  await expect(embedTexts(on, batch)).rejects.toMatchObject({ code: 'provider-unreachable', retry: 'later' });
});

it('does not blame a text for what is no matter of providers', async () => {
  const on = context((texts) => (texts[0] === witness ? null : new ReembedError('redis-unreachable', 'away')));
  await expect(embedTexts(on, batch)).rejects.toMatchObject({ code: 'redis-unreachable' });
});

describe.each(['provider-refused-input', 'provider-refused', 'provider-unauthorized'] as const)('one stray %s', (code) => {
  const stray = () => new ReembedError(code, '413: the request is too large');
  /** Fails the first time that it is asked for what `isHit` says, and never again. */
  function oneStray(isHit: (texts: readonly string[]) => boolean) {
    let hits = 0;
    return context((texts) => (isHit(texts) && ++hits === 1 ? stray() : null));
  }

  it.each<[string, readonly string[]]>([
    ['a request of many texts', batch],
    ['the only text of a request', ['a']],
    ['the witness text where that is all there is', [witness]],
  ])('on %s teaches nothing, sets nothing aside and stops nothing', async (_, texts) => {
    const on = oneStray(({ length }) => length === texts.length);
    const { embedded } = await embedTexts(on, texts);
    expect(embedded.every((item) => 'vector' in item)).toBe(true);
    expect(await on.budget.fits('fake/4')).toEqual({});
  });

  it('on the witness, asked for the sake of others, stops nothing', async () => {
    let strays = 0;
    const on = context((texts) => (texts.includes('f') || (texts[0] === witness && strays++ < 1) ? stray() : null));
    const { embedded } = await embedTexts(on, batch);
    expect(embedded.filter((item) => 'refused' in item)).toHaveLength(1);
  });
});

it('a text that is refused once, and is asked again while the server is away, is not set aside', async () => {
  let asked = 0;
  const on = context(() =>
    ++asked === 2 ? null : new ReembedError(asked === 1 ? 'provider-refused-input' : 'provider-unreachable', 'no'),
  );
  await expect(embedTexts(on, ['a'])).rejects.toMatchObject({ code: 'provider-unreachable' });
});

it('what a timeout taught is forgotten in time, also by a process that asks alone', async () => {
  let silent = true;
  const on = context((texts) => (silent && texts.length > 4 ? new ReembedError('provider-timeout', 'silence') : null));
  await embedTexts(on, batch);
  expect(await on.budget.fits('fake/4')).toEqual({ tokens: 4 });
  silent = false;
  await on.clock.sleep(4 * 60_000);
  expect(await on.budget.fits('fake/4')).toEqual({ tokens: 9 });
  await on.clock.sleep(60 * 60_000);
  expect(await on.budget.fits('fake/4')).toEqual({});
});

describe('what fits is learnt, and the next texts are sent like that', () => {
  const next = Array.from({ length: 8 }, (_, n) => `next ${n}`);

  it.each(codes)('the number of texts, where a larger one ended with %s', async (code) => {
    const words = code === 'provider-timeout' ? 'silence' : 'no more than 2 at once';
    const on = context((texts) => (texts.length > 2 ? new ReembedError(code, words) : null));
    await embedTexts(on, batch);
    const before = on.embedder.requests.length;
    await embedTexts(on, next);
    const later = on.embedder.requests.slice(before).map(({ length }) => length);
    expect(later).toEqual(code === 'provider-timeout' ? Array(8).fill(1) : [2, 2, 2, 2]);
  });

  it('the tokens of a request, where the words are about these: long texts go in smaller requests than short ones', async () => {
    const limit = 'this request has more than 12 tokens';
    const tokens = (texts: readonly string[]) => texts.join(' ').split(' ').length;
    const on = context((texts) => (tokens(texts) > 12 ? new ReembedError('provider-refused-input', limit) : null));
    const { embedded } = await embedTexts(on, ['a b c d e f g', 'a b c d e f', 'h', 'i', 'j', 'k', 'l', 'm']);
    expect(embedded.every((item) => 'vector' in item)).toBe(true);
    const before = on.embedder.requests.length;
    await embedTexts(on, ['n o p q r s', 't u v w x y z', ...batch.slice(0, 6)]);
    const later = on.embedder.requests.slice(before);
    expect(later.every((texts) => tokens(texts) <= 12)).toBe(true);
    expect(later.flat()).toHaveLength(8);
  });

  it('nothing, where one text is at fault', async () => {
    const on = context((texts) => (texts.includes('f') ? new ReembedError('provider-unreachable', '500') : null));
    await embedTexts(on, batch);
    expect(await on.budget.fits('fake/4')).toEqual({});
  });
});
