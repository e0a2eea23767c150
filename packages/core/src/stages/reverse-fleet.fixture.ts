import type { SpecInput } from '@reembed/contracts';
import { expect } from 'vitest';
import { command } from '../commands/commands.ts';
import { viewOf } from '../commands/view.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

export const oldVector = (text: string) => [1, (text.length % 7) / 8, 0.5, text.charCodeAt(text.length - 1) / 128];
export const newVector = (text: string) => [0.25, 1, text.length / 64, 0.125];
export const old = { model: 'old/4', vectorOf: oldVector };

export const point = (id: number, body: string, vectors: PointText['vectors'], more: object = {}): PointText => ({
  id: { kind: 'integer', id: String(id) },
  payload: JSON.stringify({ body, ...more }),
  vectors,
});
export const before = (id: number, body = `text ${id}`, more: object = {}) =>
  point(id, body, { '': JSON.stringify(oldVector(body)) }, more);
export const after = (id: number, body = `text ${id}`, more: object = {}) => point(id, body, { '': JSON.stringify(newVector(body)) }, more);

export const specOf = (change: Partial<SpecInput> = {}) =>
  buildSpec({
    source: { collection: 'docs_v1', vectors: { '': { model: 'old/4', text: '{{body}}' } } },
    vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } },
    gates: { sampledPoints: 0 },
    sync: { maxDeleteShare: 1 },
    observe: { reverseSync: true },
    ...change,
  });

const moving = ['rolling-back', 'switching', 'completing', 'inserting-late'];

type Options = {
  readonly spec?: Partial<SpecInput>;
  readonly points?: readonly PointText[];
  readonly fleet?: Parameters<typeof startFleet>[0];
};

export async function readyFleet({ spec = {}, points, fleet = {} }: Options = {}) {
  const given = points ?? Array.from({ length: 7 }, (_, n) => before(n + 1));
  const on = await startFleet({ size: 4, points: given, embedder: { vectorOf: newVector }, others: [old], ...fleet });
  await on.submit(specOf(spec));
  await on.settle();
  expect((await on.load()).error).toBeNull();
  expect((await on.load()).phase).toBe('ready');
  const read = (collection: string) =>
    Object.fromEntries(
      on.stores
        .pointsOf(collection)
        .map(({ id, payload, vectors }) => [id.id, { ...JSON.parse(payload), vector: JSON.parse(vectors[''] ?? 'null') }]),
    );
  /** Lets it observe until one more pass of reverse sync has ended. */
  async function followBack(): Promise<void> {
    const last = (await on.load()).reverseLag?.at;
    for (let rounds = 0; rounds < 200; rounds++) {
      const now = await on.load();
      if (now.phase !== 'observing' || now.reverseLag?.at !== last || now.waiting?.kind === 'mending') return;
      await on.step();
      await on.work();
    }
    throw new Error('it does not follow back');
  }
  async function untilEnded(id = 'm1'): Promise<void> {
    for (let rounds = 0; rounds < 500; rounds++) {
      const { phase, announced, phaseNumber } = await on.load(id);
      if (!moving.includes(phase) && announced === phaseNumber) return;
      await on.step();
      await on.work();
    }
    throw new Error('it does not come to an end');
  }
  async function say(word: Parameters<typeof command>[2], words: Parameters<typeof command>[3] = {}, id = 'm1') {
    await command(on.deps, id, word, words);
    await untilEnded(id);
    return on.load(id);
  }
  const view = async () => viewOf(on.deps, await on.load());
  return { ...on, read, followBack, say, untilEnded, view };
}

/** A fleet whose migration has switched, and has followed back once. */
export async function switched(options: Options = {}) {
  const on = await readyFleet(options);
  expect((await on.say('switch')).phase).toBe('observing');
  // The first pass begins at once.
  await on.followBack();
  return on;
}

/** What an application does once readers see the new collection: a new point, an edit, a delete. */
export function writeToNew(on: Awaited<ReturnType<typeof switched>>): void {
  on.stores.put('docs_v2', [after(8, 'born since'), after(1, 'edited since')]);
  on.stores.remove('docs_v2', [{ kind: 'integer', id: '2' }]);
}

export const followed = {
  '1': { body: 'edited since', vector: oldVector('edited since') },
  '8': { body: 'born since', vector: oldVector('born since') },
};
