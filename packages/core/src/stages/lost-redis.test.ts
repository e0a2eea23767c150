import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command, settleLateWrites } from '../commands/commands.ts';
import type { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

const doc = (n: number, body: string): PointText => ({ ...docs(n)[n - 1], payload: JSON.stringify({ body }) }) as PointText;
const bodyOf = ({ payload }: PointText) => (JSON.parse(payload) as { body: string }).body;
const bodies = (points: readonly PointText[]) => points.map((point) => [point.id.id, bodyOf(point)]);
const without = (points: readonly PointText[]) => points.filter(({ vectors }) => vectors.new === undefined).map(({ id }) => id.id);

const copy = { rangePoints: 8, pagePoints: 5 };
/** What is paid again is counted: the gate's sample is none of it. */
const gates = { sampledPoints: 0 };

/** One migration and what happens to it: `live` is what applications do when Qdrant is asked for something. */
type Scene = {
  readonly spec: ReturnType<typeof buildSpec>;
  readonly live: Readonly<Record<string, (on: OnFleet) => void>>;
  /** The word that a person gives in this state of it; null where it has come to its end. */
  readonly word: (on: OnFleet, migration: Migration) => Promise<unknown> | null;
};

const intoAnother: Scene = {
  spec: buildSpec({ copy, gates }),
  live: {
    // More than verify lets pass: it has to go through syncing.
    'flush docs_v2': (on) => {
      on.stores.put('docs_v1', [doc(2, 'edited'), ...docs(25).slice(7)]);
      on.stores.remove('docs_v1', [{ kind: 'integer', id: '3' }]);
    },
    'pointAlias docs': (on) => on.stores.put('docs_v1', [doc(30, 'late')]),
  },
  word(on, { id, phase, lateWrites }) {
    if (phase === 'ready') return command(on.deps, id, 'switch', { acceptLateWrites: true });
    return lateWrites.length > 0 ? settleLateWrites(on.deps, id, 'insert-missing') : null;
  },
};

const inPlace: Scene = {
  spec: buildSpec({
    target: { collection: 'docs_v1', inPlace: true },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
    copy,
    gates,
  }),
  live: { 'flush docs_v1': (on) => on.stores.put('docs_v1', docs(25).slice(7)) },
  word: (on, { id, phase }) => (phase === 'ready' ? command(on.deps, id, 'complete') : null),
};

/** Where Redis stood when it was lost, after what, and what was stored and asked of the provider by then. */
type Loss = { readonly where: string; readonly stored: ReadonlySet<string>; readonly asked: number; readonly moment: string };

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** Calls `after` whenever one of the functions has answered. */
function afterEachCall(port: object, after: (name: string, on: unknown) => Promise<void>): void {
  const watched = Object.entries(port).flatMap(([name, value]) => {
    if (typeof value !== 'function') return [];
    const call = value as Call;
    const watching: Call = async (...args) => {
      const answer = await call(...args);
      await after(name, args[0]);
      return answer;
    };
    return [[name, watching] as const];
  });
  Object.assign(port, Object.fromEntries(watched));
}

/** A migration that loses Redis at the call of this number, of Qdrant or Redis. `lost` stays empty where it comes to its end before. */
async function losingAt(scene: Scene, losing: number) {
  const on = await startFleet();
  const lost: Loss[] = [];
  const happened = new Set<string>();
  let calls = 0;
  const { migrations, ranges, writers, stageQueue, rangeQueue } = on.state;
  const { load } = migrations;
  for (const port of [on.stores.collections, on.stores.points, migrations, ranges, writers, stageQueue, rangeQueue])
    afterEachCall(port, async (name, what) => {
      const act = typeof what === 'string' ? `${name} ${what}` : name;
      if (!happened.has(act)) scene.live[act]?.(on);
      happened.add(act);
      if (++calls !== losing) return;
      const stored = targetPoints(on, scene).filter(({ vectors }) => vectors.new !== undefined);
      const { phase, cutover } = (await load('m1')) ?? { phase: 'not yet stored', cutover: null };
      lost.push({
        where: phase === 'switching' ? `${phase}: ${cutover ?? 'repair'}` : phase,
        stored: new Set(stored.map(bodyOf)),
        asked: on.embedder.requests.length,
        moment: `call ${losing}, ${act}`,
      });
      on.loseRedis();
    });
  return { on, lost };
}

function targetPoints({ stores }: OnFleet, { spec }: Pick<Scene, 'spec'>): readonly PointText[] {
  const { collection } = spec.target;
  return stores.acts.includes(`create ${collection}`) ? stores.pointsOf(collection) : [];
}

/** Says what a person says until the migration has come to its end, or nobody knows of it any more. */
async function lead(on: OnFleet, scene: Scene, id: string): Promise<Migration | null> {
  for (;;) {
    await on.settle();
    const migration = await on.state.migrations.load(id);
    if (migration === null) return null;
    const said = scene.word(on, migration);
    if (said === null) return migration;
    await said;
  }
}

/** What the provider saw of texts whose vectors the target had when Redis was lost. */
function paidAgain({ embedder }: OnFleet, { stored, asked }: Loss): string[] {
  return embedder.requests
    .slice(asked)
    .flat()
    .filter((text) => stored.has(text));
}

/** What a person is told in the moment of the loss is no end of the migration. */
const unlessLost = (lost: readonly Loss[]) => (error: unknown) => {
  if (lost.length === 0) throw error;
  return null;
};

/** Every call was tried when this was written; a fifth of them takes seconds, and comes to every phase. */
const stride = 5;

/** Half the people adopt, half submit the same spec again; before anything was claimed there is nothing to adopt. */
async function goOn(on: OnFleet, { spec }: Scene, adopts: boolean) {
  if (!adopts) return on.submit(spec);
  return adoptTarget(on.deps, spec.target.collection).catch((error: ReembedError) => {
    if (error.code !== 'not-found') throw error;
    return on.submit(spec);
  });
}

const copied = ['preparing', 'copying', 'indexing', 'verifying', 'syncing', 'ready'];

describe('Redis lost, after any call of Qdrant or of Redis', () => {
  it.each([
    [
      'a migration into another collection',
      intoAnother,
      [...copied, 'switching: repair', 'switching: compare', 'switching: look-back', 'observing', 'inserting-late'],
    ],
    ['a migration in place', inPlace, [...copied, 'completing', 'completed']],
  ] as const)(
    '%s is taken up again, ends equal to its source, and embeds nothing that was stored',
    async (_, scene, phases: readonly string[]) => {
      const moments = new Set<string>();
      for (let losing = 1; ; losing += stride) {
        const { on, lost } = await losingAt(scene, losing);
        const begun = await on.submit(scene.spec).catch(unlessLost(lost));
        if (begun !== null) await lead(on, scene, begun.migration.id).catch(unlessLost(lost));
        const [loss] = lost;
        if (loss === undefined) break;
        const { migration, how } = await goOn(on, scene, losing % 2 === 0);
        const after = await lead(on, scene, migration.id);
        moments.add(loss.where);
        expect({ how, phase: after?.phase, error: after?.error, late: after?.lateWrites }, loss.moment).toMatchObject({
          error: null,
          late: [],
          phase: scene.spec.target.inPlace ? 'completed' : 'observing',
        });
        const points = targetPoints(on, scene);
        expect(bodies(points), loss.moment).toEqual(bodies(on.stores.pointsOf('docs_v1')));
        expect(without(points), loss.moment).toEqual([]);
        expect(paidAgain(on, loss), loss.moment).toEqual([]);
      }
      expect([...moments]).toEqual(expect.arrayContaining([...phases]));
    },
    60_000,
  );
});
