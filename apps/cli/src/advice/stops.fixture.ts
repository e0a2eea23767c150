import { type Command, type ErrorCode, errorCodes, type Phase } from '@reembed/contracts';
import { adoptTarget, type CommandWords, command, type PointText, ReembedError, reconcile, settleLateWrites } from '@reembed/core';
import { anotherFleet, buildSpec, docs, setAsideEntry } from '@reembed/core/fleet.fixture';
import { after, observing, ready, renewed, runOf, type Situation, twoStep, until, wroteLate } from './scenes.fixture.ts';
import type { Fleet, Shell } from './shell.fixture.ts';

/** What is read in every phase that goes on by itself: there is nothing to do. */
const walking: Readonly<Partial<Record<Phase, Situation['make']>>> = {
  preparing: (shell) => until(shell, 'preparing'),
  copying: (shell) => until(shell, 'copying'),
  indexing: (shell) => until(shell, 'indexing'),
  verifying: (shell) => until(shell, 'verifying'),
  syncing: async (shell) => {
    const on = await until(shell, 'verifying');
    on.stores.remove(
      'docs_v2',
      docs(30).map(({ id }) => id),
    );
    await on.until('syncing');
    return on;
  },
  switching: async (shell) => said(await ready(shell), 'switch'),
  pausing: async (shell) => said(await until(shell, 'copying'), 'pause'),
  cancelling: async (shell) => said(await until(shell, 'copying'), 'cancel'),
  'rolling-back': async (shell) => said(await observing(shell), 'rollback'),
  completing: async (shell) => said(await observing(shell), 'complete', { confirm: 'docs_v1' }),
  'inserting-late': async (shell) => {
    const on = await wroteLate(shell);
    await settleLateWrites(on.deps, 'm1', 'insert-missing');
    return on;
  },
};

async function said(on: Fleet, word: Command, words: CommandWords = {}): Promise<Fleet> {
  await command(on.deps, 'm1', word, words);
  return on;
}

/** Errors that whatever is asked may end with: a model call stands for all of it. */
const ofWork: readonly ErrorCode[] = [
  ...(['qdrant-unreachable', 'qdrant-refused', 'qdrant-too-large', 'qdrant-not-found', 'qdrant-conflict', 'qdrant-unauthorized'] as const),
  ...([
    'provider-unreachable',
    'provider-timeout',
    'provider-rate-limited',
    'provider-unauthorized',
    'provider-refused',
    'provider-bad-reply',
  ] as const),
  ...(['unknown-model', 'model-missing', 'model-changed', 'invalid-config', 'invalid-adapter', 'adapter-changed'] as const),
  ...(['text-missing', 'invalid-text-file', 'text-source-unreachable', 'text-source-rate-limited'] as const),
  ...(['text-source-unauthorized', 'text-source-refused', 'text-source-bad-reply', 'no-worker', 'internal'] as const),
];

async function answered(shell: Shell, code: ErrorCode): Promise<Fleet> {
  const on = await shell.fleetOf();
  await on.submit(renewed);
  await on.step();
  for (const { callId } of on.state.modelCalls.asked.splice(0))
    on.state.modelCalls.answer(callId, { ok: false, ...{ code, message: 'no' } });
  await on.step();
  return on;
}

function stoppedBy(code: ErrorCode): Situation {
  const make = (shell: Shell) => answered(shell, code);
  return errorCodes[code].retry === 'later' ? { make, unattended: true, advises: null } : { make, advises: 'reembed resume m1' };
}

/** What one point may be set aside for, the others are not held up by. */
const ofPoints: readonly ErrorCode[] = ['provider-refused-input', 'payload-conflict', 'text-too-long', 'vector-zero'];

function setAsideFor(code: ErrorCode): Situation {
  const make = async (shell: Shell) => {
    const on = await ready(shell);
    // Missing, and as it reads now: a pass that comes meanwhile leaves it as it is.
    const [point] = docs(1).map((one) => ({ ...one, vectors: {} }));
    if (point === undefined) throw new Error('no document');
    on.stores.remove('docs_v2', [point.id]);
    await on.state.setAside.put('m1', [setAsideEntry(point, '', code, 'no')]);
    return on;
  };
  return { make, typed: 'reembed failures m1', advises: 'reembed accept m1 --all' };
}

/** Everything that Qdrant is asked by its collections answers with that, until it is back. */
function away(on: Fleet): void {
  const { collections } = on.stores;
  before.set(on.state, { ...collections });
  for (const name of Object.keys(collections))
    Object.assign(collections, {
      [name]: async () => {
        throw new ReembedError('qdrant-unreachable', 'Qdrant does not answer');
      },
    });
}

const before = new WeakMap<object, object>();

function back(on: Fleet): void {
  Object.assign(on.stores.collections, before.get(on.state));
}

/** An application goes on writing: to the source, or to the target, where nobody should. */
function busy(on: Fleet, collection: string, points: (round: number) => readonly PointText[]) {
  let round = 0;
  const flush = async (name: string) => {
    on.stores.put(collection, points(++round));
    await on.stores.collections.flush(name);
  };
  return { collections: { ...on.stores.collections, flush } };
}

const meddled = (round: number) => docs(11).map((doc) => ({ ...doc, payload: `{"meddled":${round}}` }));
const grown = (round: number) => docs(100 + round).slice(-1);

/** What no sync brings together. */
const apart: Readonly<Record<string, Situation>> = {
  'stopped because its target does not keep what is written to it': {
    make: async (shell) => {
      const on = await shell.fleetOf({ points: docs(60) });
      await on.submit(renewed);
      await on.settle(busy(on, 'docs_v2', meddled));
      return on;
    },
    advises: 'reembed resume m1',
  },
  'stopped in the switch because its source never stands still': {
    make: async (shell) => {
      const on = await ready(shell, { spec: buildSpec({ vectors: renewed.vectors, sync: { maxPasses: 2 } }) });
      await said(on, 'switch');
      await on.settle(busy(on, 'docs_v1', grown));
      return on;
    },
    advises: 'reembed resume m1 --switch --accept-late-writes',
  },
};

const gateInTheWay = { verdict: 'fail' as const, reasons: ['nDCG@10 fell'] };

const waits: Readonly<Record<string, Situation>> = {
  'waiting for Qdrant, which is away': {
    make: async (shell) => {
      const on = await until(shell, 'copying');
      away(on);
      await on.step();
      return on;
    },
    mend: back,
    unattended: true,
    advises: null,
  },
  'waiting for a provider that asks to wait': {
    make: async (shell) => {
      const on = await until(shell, 'copying');
      await on.state.rateBudget.coolDown('fake/4', 600_000, 'it answered 429');
      await on.step();
      return on;
    },
    unattended: true,
    advises: 'reembed resume m1',
  },
  'waiting for searches to be as fast as they are to be': {
    make: async (shell) => {
      const on = await until(shell, 'copying', { spec: { ...renewed, throttle: { ...renewed.throttle, maxSearchLatencyMs: 50 } } });
      await on.step();
      return on;
    },
    unattended: true,
    advises: null,
  },
  'paused before it costs more than it may': {
    // Two tokens a text, at two dollars a million.
    make: (shell) => until(shell, 'paused', { spec: { ...renewed, throttle: { ...renewed.throttle, maxCostUsd: 100e-6 } } }),
    prepares: 'reembed tune m1 --max-cost-usd 0.0002',
    advises: 'reembed resume m1',
  },
  'waiting for workers to embed the witness': {
    make: async (shell) => {
      const on = await shell.fleetOf();
      await on.submit(renewed);
      await on.step();
      return on;
    },
    unattended: true,
    advises: null,
  },
  'waiting for Qdrant to index': {
    make: async (shell) => {
      const on = await until(shell, 'indexing');
      const { indexing } = on.stores.collections;
      on.stores.collections.indexing = async (name) => ({ ...(await indexing(name)), status: 'yellow' });
      before.set(on.state, { indexing });
      await on.step();
      return on;
    },
    mend: back,
    unattended: true,
    advises: null,
  },
  'waiting for what was writing to have ended': {
    make: async (shell) => {
      const on = await until(shell, 'copying');
      await on.step();
      await said(on, 'pause');
      // That of the copy, which has ended.
      await on.step();
      on.state.writers.close = async () => 1;
      const { promise: released, resolve } = Promise.withResolvers<void>();
      const clock = {
        ...on.clock,
        sleep: async (ms: number) => {
          on.clock.advance(ms);
          if ((await on.load()).waiting?.kind === 'writers') await released;
        },
      };
      const stage = on.step({ clock, requestTimeoutMs: 60_000 });
      letGo.set(on.state, async () => {
        on.state.writers.close = async () => 0;
        resolve();
        await stage;
      });
      for (let looks = 0; (await on.load()).waiting === null && looks < 1_000; looks++) await Promise.resolve();
      return on;
    },
    mend: (on) => letGo.get(on.state)?.(),
    unattended: true,
    advises: null,
  },
  'waiting for the lock of a coordinator that was killed': {
    make: async (shell) => {
      const on = await until(shell, 'copying');
      await reconcile({ ...on.deps, stageQueue: { ...on.deps.stageQueue, leftBehind: async () => 20_000 } });
      return on;
    },
    unattended: true,
    advises: null,
  },
  'waiting for Qdrant to answer faster': {
    make: async (shell) => {
      const on = await said(await ready(shell), 'switch');
      for (let n = 0; n < 100 && (await on.load()).waiting?.kind !== 'slow-qdrant'; n++) {
        let asked = 0;
        const aliases = async () => {
          if (++asked > 1) on.clock.advance(2 * on.deps.requestTimeoutMs);
          return on.stores.collections.aliases();
        };
        await on.step({ collections: { ...on.stores.collections, aliases } });
        await on.work();
      }
      return on;
    },
    unattended: true,
    advises: null,
  },
  'to switch by itself, and a gate stands in the way': {
    make: async (shell) => {
      const on = await until(shell, 'ready', { spec: buildSpec({ vectors: renewed.vectors, switch: { mode: 'auto' } }) });
      await on.state.migrations.update('m1', (now) =>
        now.gates === null ? null : { ...now, gates: { ...now.gates, quality: gateInTheWay } },
      );
      await on.step();
      return on;
    },
    advises: "reembed switch m1 --override quality --by Ada --reason 'why it may'",
  },
  'observing, and the metadata of its target damaged': {
    make: async (shell) => {
      const on = await observing(shell, { spec: twoStep });
      await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
      await on.step();
      return on;
    },
    advises: 'reembed adopt docs_v2 --rebuild-metadata',
  },
};

const letGo = new WeakMap<object, () => Promise<void>>();

/** A collection that no migration is about. */
async function besideOther(shell: Shell): Promise<Fleet> {
  const on = await ready(shell);
  await on.stores.collections.create('other', { vectors: { size: 2, distance: 'Dot' } });
  on.stores.put('other', docs(20));
  return on;
}

/** Words that are refused before anything is done, and a command that says so. */
const refused: Readonly<Record<string, Situation>> = {
  'ready, and a command is misspelt': { make: ready, typed: 'reembed status m1 --wat --json', advises: 'reembed status --help' },
  'ready with a point set aside, and followed': {
    make: setAsideFor('text-too-long').make,
    typed: 'reembed status m1 --watch',
    advises: 'reembed accept m1 --all',
  },
  'that of another fleet, which has not given it up': {
    make: async (shell) => {
      const on = await ready(shell);
      await adoptTarget(anotherFleet(on.deps), 'docs_v2', { takeOver: true });
      on.loseRedis();
      on.state.fleet.isOurs = async () => false;
      return on;
    },
    typed: 'reembed adopt docs_v2',
    advises: 'reembed adopt docs_v2 --take-over',
  },
  'known to a Redis that is away': {
    make: async (shell) => {
      const on = await until(shell, 'copying');
      const { load } = on.state.migrations;
      before.set(on.state, { load });
      on.state.migrations.load = async () => {
        throw new ReembedError('redis-unreachable', 'Redis does not answer');
      };
      return on;
    },
    mend: (on) => Object.assign(on.state.migrations, before.get(on.state)),
    unattended: true,
    advises: null,
  },
  'cancelled, and its spec is run again while its target is in the way': {
    make: async (shell) => after(await ready(shell), 'reembed cancel m1'),
    typed: runOf(renewed),
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'ready, and a spec is faulty': { make: ready, typed: runOf({ ...renewed, vectors: {} }), advises: null },
  'ready, and another quantization is looked at': {
    make: besideOther,
    typed: 'reembed requantize other --to scalar',
    advises: 'reembed requantize other --to scalar --yes',
  },
  'ready, and Qdrant is long about another quantization': {
    make: async (shell) => {
      const on = await besideOther(shell);
      const { indexing } = on.stores.collections;
      before.set(on.state, { indexing });
      on.stores.collections.indexing = async (name) => ({ ...(await indexing(name)), status: 'yellow' });
      return on;
    },
    mend: back,
    typed: 'reembed requantize other --to scalar --yes --timeout 1',
    advises: 'reembed requantize other --to scalar --yes --timeout 1',
  },
  'ready, and its coordinator is elsewhere': {
    make: ready,
    typed: 'reembed pause m1',
    env: { REEMBED_URL: 'http://127.0.0.1:9' },
    advises: 'reembed coordinator',
  },
};

/** Every phase that goes on by itself, every error, and every wait. */
export const stops: Readonly<Record<string, Situation>> = {
  ...Object.fromEntries(
    Object.entries(walking).map(([phase, make]): [string, Situation] => [phase, { make, unattended: true, advises: null }]),
  ),
  ...Object.fromEntries(ofWork.map((code) => [`stopped by ${code}`, stoppedBy(code)])),
  ...Object.fromEntries(ofPoints.map((code) => [`ready with a point set aside for ${code}`, setAsideFor(code)])),
  ...waits,
  ...apart,
  ...refused,
};
