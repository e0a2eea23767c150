import { expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import type { PeerReading } from '../ports/collections.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const freeze = { url: 'http://writers.example/hold', timeoutMs: 30_000 };
const spec = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } }, switch: { mode: 'manual', freeze } });

/** A cluster whose other servers answer this, one answer after the other, the last for ever. */
async function switchedWith(answers: readonly (readonly PeerReading[])[]) {
  const on = await startFleet({ points: docs(20) });
  await on.submit(spec);
  await on.settle();
  await command(on.deps, 'm1', 'switch');
  const seen: { held: boolean; flushed: number }[] = [];
  const flushes = () => on.stores.acts.filter((act) => act === 'flush docs_v1').length;
  on.stores.collections.aliasOnPeers = async () => {
    seen.push({ held: on.freezeHook.held !== null, flushed: flushes() });
    return answers[seen.length - 1] ?? answers.at(-1) ?? [];
  };
  const notes: string[] = [];
  const publish: typeof on.deps.events.publish = async (_, event) => {
    if (event.type === 'note') notes.push(event.message);
  };
  await on.settle({ events: { ...on.deps.events, publish } });
  expect((await on.load()).phase).toBe('observing');
  return { seen, notes };
}

it('every server of a cluster has the alias before writers go on and the old collection is read once more', async () => {
  const { seen, notes } = await switchedWith([
    [
      { peer: 'b:6333', pointsAt: 'docs_v1' },
      { peer: 'c:6333', pointsAt: 'docs_v2' },
    ],
    [
      { peer: 'b:6333', pointsAt: 'docs_v2' },
      { peer: 'c:6333', pointsAt: 'docs_v2' },
    ],
  ]);
  expect(seen.map(({ held }) => held)).toEqual([true, true]);
  expect(seen[0]?.flushed).toBe(seen[1]?.flushed);
  expect(notes.filter((line) => line.includes('not every server'))).toEqual([]);
});

it('one that stays behind, or cannot be asked, is named, and is not waited for without end', async () => {
  const lagging = await switchedWith([[{ peer: 'b:6333', pointsAt: 'docs_v1' }]]);
  expect(lagging.notes).toContainEqual(expect.stringContaining('b:6333 has it at "docs_v1"'));
  const silent = await switchedWith([[{ peer: 'b:6333', pointsAt: undefined }]]);
  expect(silent.notes).toContainEqual(expect.stringContaining('b:6333 cannot be asked'));
});
