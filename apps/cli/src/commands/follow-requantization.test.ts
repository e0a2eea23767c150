import type { Requantization } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { createFakeClock } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { followRequantization } from './requantize.ts';

function answer(state: Requantization['state'], waiting: string | null = null): Requantization {
  return { collection: 'docs', points: 1, state, vectors: [], warnings: [], waiting, undo: [] };
}

/** Each answer once, the last again and again. */
function start(answers: readonly (Requantization | Error)[], timeoutSeconds = 60) {
  const said: string[] = [];
  const left = [...answers];
  const ask = async () => {
    const next = left.length > 1 ? left.shift() : left[0];
    if (next === undefined || next instanceof Error) throw next;
    return next;
  };
  const followed = followRequantization(answer('optimizing', 'for Qdrant: yellow'), {
    again: '`reembed requantize docs --to scalar --yes`',
    ...{ ask, timeoutSeconds, say: (line: string) => said.push(line), clock: createFakeClock() },
  });
  return { followed, said };
}

test('it says what is waited for, once, and ends when all is measured', async () => {
  const { followed, said } = start([answer('optimizing', 'for Qdrant: yellow'), answer('optimizing', 'for Qdrant: grey'), answer('done')]);
  expect(await followed).toMatchObject({ state: 'done' });
  expect(said).toEqual(['waiting for Qdrant: yellow', 'waiting for Qdrant: grey']);
});

test('a server that is away for a while is waited for', async () => {
  const away = new ReembedError('qdrant-unreachable', 'nobody answers');
  const { followed, said } = start([away, away, answer('done')]);
  expect(await followed).toMatchObject({ state: 'done' });
  expect(said).toContain('waiting for an answer: nobody answers');
});

test('what will not pass by itself ends it', async () => {
  await expect(start([new ReembedError('qdrant-refused', 'no')]).followed).rejects.toMatchObject({ code: 'qdrant-refused' });
});

test('time runs out with what was waited for, and how to go on', async () => {
  const { followed } = start([answer('optimizing', 'for Qdrant: yellow')], 5);
  await expect(followed).rejects.toMatchObject({
    code: 'still-optimizing',
    message: expect.stringMatching(/waited 5 s for Qdrant: yellow.*`reembed requantize docs --to scalar --yes` goes on waiting/),
  });
});

test('it ends where somebody else has changed the setting meanwhile', async () => {
  await expect(start([answer('planned')]).followed).rejects.toMatchObject({ code: 'wrong-state' });
});
