import type { Command, Phase } from '@reembed/contracts';
import { describe, expect, test } from 'vitest';
import { type DocumentMigration, documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { watchAlias } from '../support/watch-alias.ts';

type Act = {
  readonly what: string;
  readonly act: string;
  readonly args?: string;
  /** A phase in which nobody says a word before both kills have hit: a word would make its announcement needless. */
  readonly rest?: Phase;
};

type Stretch = { readonly of: string; readonly end: 'completed' | 'rolled-back'; readonly acts: readonly Act[] };

/**
 * Every act of a coordinator that something outside it sees, in Qdrant, and the writes to Redis that have to go together, in their order:
 * each stretch is a walk of its own, in which a coordinator dies before and after every one of its acts.
 */
const stretches: readonly Stretch[] = [
  {
    of: 'submitting and creating',
    end: 'completed',
    acts: [
      { what: 'the migration is stored', act: 'migrations.insert' },
      { what: 'its first stage is queued', act: 'stageQueue.enqueue', args: '"phaseNumber":1\\}' },
      { what: 'the target is created', act: 'collections.create' },
      { what: 'a payload index is created', act: 'collections.createPayloadIndex' },
      { what: 'the next alias is shown', act: 'collections.pointAlias', args: '"alias-[^"]*\\.next"' },
      { what: 'copying is announced', act: 'collections.patch', args: '"phase":"copying"' },
    ],
  },
  {
    of: 'copying',
    end: 'completed',
    acts: [
      { what: 'the fence is opened', act: 'collections.pointAlias', args: '"reembed\\.' },
      { what: 'ranges are stored', act: 'ranges.append' },
      { what: 'ranges are queued', act: 'rangeQueue.enqueue' },
      { what: 'indexing is announced', act: 'collections.patch', args: '"phase":"indexing"' },
      { what: 'the fence is dropped', act: 'collections.dropAlias', args: '"reembed\\.' },
    ],
  },
  {
    of: 'verifying',
    end: 'completed',
    acts: [
      { what: 'held-back settings are restored', act: 'collections.patch', args: '"optimizers_config"' },
      { what: 'verifying is announced', act: 'collections.patch', args: '"phase":"verifying"' },
      { what: 'ready is announced', act: 'collections.patch', args: '"phase":"ready"', rest: 'ready' },
      { what: 'the word to switch is kept', act: 'collections.patch', args: '"act":"switch"' },
      { what: 'switching is announced', act: 'collections.patch', args: '"phase":"switching"' },
    ],
  },
  {
    of: 'switching and completing',
    end: 'completed',
    acts: [
      { what: 'the alias is switched', act: 'collections.pointAlias', args: '"alias-[^".]*","target' },
      { what: 'the next alias is dropped', act: 'collections.dropAlias', args: '\\.next"' },
      { what: 'observing is announced', act: 'collections.patch', args: '"phase":"observing"', rest: 'observing' },
      { what: 'completing is announced', act: 'collections.patch', args: '"phase":"completing"' },
      { what: 'the old collection is dropped', act: 'collections.drop' },
    ],
  },
  {
    of: 'rolling back',
    end: 'rolled-back',
    acts: [{ what: 'the alias is taken back', act: 'collections.pointAlias', args: '"alias-[^".]*","source' }],
  },
];

describe('a coordinator killed before each act, and the next one after it: a fresh one finishes, and readers notice nothing', () => {
  test.concurrent.for(stretches)('$of', async ({ end, acts }) => {
    await using fleet = await startFleet({ coordinators: 0 });
    const { http } = fleet;
    const migration = await documentMigration(fleet, { points: 300 });
    const { source, target, alias } = migration;
    await http.call('PUT', `/collections/${source}/index?wait=true`, { field_name: 'n', field_schema: 'integer' });
    const readers = watchAlias(http, alias);
    const rests = new Map<Phase, PromiseWithResolvers<void>>();
    for (const { rest } of acts) if (rest !== undefined) rests.set(rest, Promise.withResolvers());
    const kills = killAtEach(fleet, acts, (rest) => rests.get(rest)?.resolve());
    const [differences] = await Promise.all([walk(fleet, migration, end, (phase) => rests.get(phase)?.promise), kills]);
    expect(differences).toEqual([]);
    const { seen, looks } = await readers.stop();
    const live = end === 'rolled-back' ? source : target;
    expect(seen).toEqual(end === 'rolled-back' ? [source, target, source] : [source, target]);
    expect(looks).toBeGreaterThan(20);
    const standing = Object.entries(await http.aliases()).filter(([, collection]) => collection === target || collection === source);
    expect(standing).toEqual([[alias, live]]);
    expect(await http.status('GET', `/collections/${source}`)).toBe(end === 'rolled-back' ? 200 : 404);
    const indexes = { payload_schema: { n: { data_type: 'integer', points: 300 } } };
    expect(await http.call('GET', `/collections/${target}`)).toMatchObject(indexes);
  });
});

/** `hit`: both kills of the act that begins that rest have hit. */
async function killAtEach(fleet: Fleet, acts: readonly Act[], hit: (rest: Phase) => void): Promise<void> {
  for (const { what, act, args = '', rest } of acts) {
    for (const at of ['before', 'after'] as const) {
      const coordinator = await fleet.startCoordinator({ at, act, args, how: 'kill' });
      expect(await coordinator.hit(), what).toContain(`${at} ${act} #1`);
      expect(await coordinator.exited()).toBe('SIGKILL');
    }
    if (rest !== undefined) hit(rest);
  }
  await fleet.startCoordinator();
}

/** The whole way as a person would go it who asks again when an answer is lost; answers how the target differs before it ends. */
async function walk(
  { api }: Fleet,
  { spec, differences, source }: DocumentMigration,
  end: Stretch['end'],
  rested: (phase: Phase) => Promise<void> | undefined,
): Promise<string[]> {
  const { id } = await eventually('the spec is taken', () => api.submit(spec).catch(() => null));
  const say = async (command: Command, words: object, from: Phase) => {
    await api.until(id, from);
    await rested(from);
    await eventually(`${command} is heard`, async () => {
      if ((await api.view(id)).phase !== from) return true;
      await api.command(id, command, words).catch(() => null);
      return null;
    });
  };
  await api.until(id, 'ready');
  const found = await differences();
  await say('switch', {}, 'ready');
  if (end === 'rolled-back') await say('rollback', {}, 'observing');
  else await say('complete', { confirm: source }, 'observing');
  await api.until(id, end);
  return found;
}
