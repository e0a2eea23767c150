import { expect, it } from 'vitest';
import { joined } from './joined.ts';

it('gives everybody the answer to a question that was asked after their own, and asks as seldom as it can', async () => {
  let asked = 0;
  const gates: PromiseWithResolvers<void>[] = [];
  const ask = joined(async () => {
    const number = ++asked;
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return number;
  });
  const first = ask();
  const [second, third] = [ask(), ask()];
  gates[0]?.resolve();
  expect(await first).toBe(1);
  await expect.poll(() => gates.length).toBe(2);
  gates[1]?.resolve();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
});

it('asks again after a question that failed', async () => {
  const answers = [Promise.reject(new Error('away')), Promise.resolve('there')];
  const ask = joined(() => answers.shift() ?? Promise.reject(new Error('asked too often')));
  const [first, second] = [ask(), ask()];
  await expect(first).rejects.toThrow('away');
  expect(await second).toBe('there');
});
