import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createFakeClock } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createBothSides, type ShadowedSearch } from './both-sides.ts';

function setUp() {
  const told = { shadowed: [] as ShadowedSearch[], split: [] as (boolean | null)[] };
  const sides = createBothSides({
    clock: createFakeClock(),
    shadow: { share: 1, perSecond: 10 },
    split: { share: 0, header: 'user' },
    watch: {
      shadowed: (search) => void told.shadowed.push(search),
      notShadowed: () => {},
      split: ({ isEmpty }) => void told.split.push(isEmpty),
      text: () => {},
    },
  });
  return { sides, told };
}

const answer = (body: string) => ({ status: 200, headers: {}, body: Readable.from([Buffer.from(body)]), collection: 'docs_v1' });

it('an answer that cannot be read, compressed by whoever, reaches the application as it came, and is not counted', async () => {
  const { sides, told } = setUp();
  const compressed = async () => answer('\u001f\u008b not JSON');
  expect(await text((await sides.shadowed('m1', compressed, compressed)).body)).toBe('\u001f\u008b not JSON');
  for (const body of ['\u001f\u008b not JSON', 'null', '{"result":{"points":null}}'])
    expect(await text((await sides.ofSide('m1', 'new', async () => answer(body))).body)).toBe(body);
  expect(told).toEqual({ shadowed: [], split: [null, null, null] });
});

it('what is looked at is asked for uncompressed, of both sides', async () => {
  const { sides } = setUp();
  const asked: unknown[] = [];
  const { promise: bothAsked, resolve } = Promise.withResolvers<void>();
  const ask = async (headers?: object) => {
    if (asked.push(headers) === 2) resolve();
    return answer('{"result":{"points":[{"id":1}]}}');
  };
  await sides.shadowed('m1', ask, ask);
  await bothAsked;
  expect(asked).toEqual([{ 'accept-encoding': 'identity' }, { 'accept-encoding': 'identity' }]);
});
