import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adoptTarget, command, type Migration, ReembedError, reembed, shellWord } from '@reembed/core';
import { anotherFleet, buildSpec, docs } from '@reembed/core/fleet.fixture';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, advisedIn, type Fleet, isForCoordinator, onlyLooks, parse, type Shell, startShell } from './advice.fixture.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

let shell: Shell;
/** Of spec files; a shell would take its name apart. */
let folder: string;
/** Of a provider, each of which it answers with once. */
let failures: ReembedError[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reembed advice-'));
  shell = await startShell();
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Where somebody stands who reads a message. */
type Situation = {
  readonly make: () => Promise<Fleet>;
  /** What the message asks to be done before `reembed resume`, or another command that only then leads on. */
  readonly mend?: (on: Fleet) => Promise<unknown> | unknown;
  /** A command after which, as the message says, another has to come. */
  readonly prepares?: string;
  /** What is typed that answers with the message; default: status is read. */
  readonly typed?: string;
  /** Its fleet does nothing while it is looked at. */
  readonly unattended?: boolean;
  /** A command that has to be among the advised; null: there is nothing to do. */
  readonly advises: string | null;
};

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
const twoStep = buildSpec();
const inPlace = buildSpec({
  target: { collection: 'docs_v1', inPlace: true },
  vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
});
const frozen = buildSpec({ switch: { freeze: { url: 'http://127.0.0.1:9/freeze' } } });

type Start = { readonly spec?: Migration['spec']; readonly points?: number };

async function ready({ spec = renewed, points = 40 }: Start = {}): Promise<Fleet> {
  const on = await shell.fleetOf({ points: docs(points) });
  await on.submit(spec);
  await on.settle();
  return on;
}

async function until(phase: Migration['phase'], start: Start = {}): Promise<Fleet> {
  const on = await shell.fleetOf({ points: docs(start.points ?? 40) });
  await on.submit(start.spec ?? renewed);
  await on.until(phase);
  return on;
}

/** Somebody said these, and each was carried out. */
async function after(on: Fleet, ...commands: readonly string[]): Promise<Fleet> {
  for (const command of commands) {
    const { err } = await shell.type(command);
    if (err !== '') throw new Error(`${command}: ${err}`);
    await on.settle();
  }
  return on;
}

const observing = async (start?: Start) => after(await ready(start), 'reembed switch m1');

/** What only ends by failing, or is refused, says so. */
async function tried(on: Fleet, command: string): Promise<Fleet> {
  await shell.type(command);
  await on.settle();
  return on;
}

const situations: Readonly<Record<string, Situation>> = {
  ready: { make: ready, advises: 'reembed switch m1' },
  'ready in place': { make: () => ready({ spec: inPlace }), advises: 'reembed complete m1' },
  'ready with a point set aside': { make: oneSetAside, advises: 'reembed accept m1 --all' },
  paused: { make: async () => after(await until('copying'), 'reembed pause m1'), advises: 'reembed resume m1' },
  observing: { make: () => observing(), advises: 'reembed complete m1 --confirm docs_v1' },
  'observing with the old vector kept': { make: () => observing({ spec: twoStep }), advises: 'reembed rollback m1' },
  cancelled: { make: async () => after(await ready(), 'reembed cancel m1'), advises: 'reembed discard m1 --confirm docs_v2' },
  completed: { make: async () => after(await observing(), 'reembed complete m1 --confirm docs_v1'), advises: null },
  'rolled back': { make: async () => after(await observing(), 'reembed rollback m1'), advises: 'reembed adopt docs_v2 --again' },
  'rolled back over writes': {
    make: rolledBackOverWrites,
    advises: 'reembed adopt docs_v2 --again --overwrite',
  },
  'rolled back over writes, and taken up again without a word': {
    make: rolledBackOverWrites,
    typed: 'reembed adopt docs_v2 --again',
    advises: 'reembed adopt docs_v2 --again --overwrite',
  },
  'waiting for a worker': {
    make: async () => {
      const on = await shell.fleetOf();
      on.state.fleet.count = 0;
      await on.submit(renewed);
      await on.step();
      return on;
    },
    unattended: true,
    advises: 'reembed worker',
  },
  'stopped by a provider that refused the key, before it had a target': {
    make: async () => {
      const on = await shell.fleetOf({ embedder: { failures: [new ReembedError('provider-unauthorized', 'no')] } });
      await on.submit(renewed);
      await on.settle();
      return on;
    },
    advises: 'reembed resume m1',
  },
  'stopped because a range was given up': {
    make: async () => {
      failures = [];
      const on = await shell.fleetOf({ points: docs(2), embedder: { failures } });
      await on.submit(renewed);
      await on.until('copying');
      failures.push(...Array.from({ length: 2_000 }, () => new ReembedError('provider-bad-reply', 'no', { retryAfterMs: 5 })));
      await on.settle();
      return on;
    },
    mend: () => failures.splice(0),
    advises: 'reembed resume m1',
  },
  'stopped because the source lost many points': {
    make: async () => {
      const on = await ready();
      await on.stores.points.remove(
        'docs_v1',
        docs(30).map(({ id }) => id),
      );
      return followed(on);
    },
    mend: (on) => on.stores.put('docs_v1', docs(30)),
    advises: 'reembed resume m1 --allow-deletes 30',
  },
  'stopped because readers were pointed at the target by hand': {
    make: async () => {
      const on = await ready();
      await on.stores.collections.pointAlias('docs', 'docs_v2');
      return followed(on);
    },
    mend: (on) => on.stores.collections.pointAlias('docs', 'docs_v1'),
    advises: 'reembed switch m1 --made-by-hand',
  },
  'stopped because another alias points at the target': {
    make: async () => {
      const on = await ready();
      await on.stores.collections.pointAlias('preview', 'docs_v2');
      return followed(on);
    },
    mend: (on) => on.stores.collections.dropAlias('preview'),
    advises: 'reembed resume m1',
  },
  'stopped in the switch by a hook that fails': { make: hookFails, mend: hookMended, advises: 'reembed resume m1 --switch' },
  'stopped in the switch, and resumed without a word': {
    make: hookFails,
    mend: hookMended,
    typed: 'reembed resume m1',
    advises: 'reembed resume m1 --switch',
  },
  'stopped in the switch by an alias that was moved elsewhere': {
    make: async () => {
      const on = await ready();
      await on.stores.collections.create('other', { vectors: {} });
      await on.stores.collections.pointAlias('docs', 'other');
      return tried(on, 'reembed switch m1');
    },
    mend: (on) => on.stores.collections.pointAlias('docs', 'docs_v1'),
    advises: 'reembed resume m1 --switch',
  },
  'stopped in the switch after the alias moved, and cancelled': {
    make: async () => {
      const on = await hookFails();
      await on.stores.collections.pointAlias('docs', 'docs_v2');
      hookMended(on);
      return on;
    },
    typed: 'reembed cancel m1',
    advises: 'reembed resume m1 --switch',
  },
  'stopped because its target was deleted': {
    make: async () => {
      const on = await ready();
      await on.stores.collections.drop('docs_v2');
      return followed(on);
    },
    advises: 'reembed cancel m1',
  },
  'paused, and its target deleted': {
    make: async () => {
      const on = await after(await until('copying'), 'reembed pause m1');
      await on.stores.collections.drop('docs_v2');
      return on;
    },
    advises: 'reembed cancel m1',
  },
  'cancelled, and its target deleted': {
    make: async () => {
      const on = await after(await ready(), 'reembed cancel m1');
      await on.stores.collections.drop('docs_v2');
      return on;
    },
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'taken over by another fleet': {
    make: async () => {
      const on = await ready();
      await adoptTarget(anotherFleet(on.deps), 'docs_v2', { takeOver: true });
      return followed(on);
    },
    advises: 'reembed adopt docs_v2 --take-over',
  },
  'stopped because the metadata of its target was damaged': {
    make: async () => {
      const on = await ready();
      await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
      return tried(on, 'reembed verify m1');
    },
    mend: () => shell.type('reembed adopt docs_v2 --rebuild-metadata'),
    prepares: 'reembed adopt docs_v2 --rebuild-metadata',
    advises: 'reembed adopt docs_v2 --rebuild-metadata',
  },
  'ready, and a gate stands in the way': {
    make: gateStands,
    advises: "reembed switch m1 --override quality --by Ada --reason 'why it may'",
  },
  'ready, a gate stands in the way, and it is switched': { make: gateStands, typed: 'reembed switch m1', advises: 'reembed verify m1' },
  'ready, and its gates were not measured': {
    make: async () => {
      const on = await ready();
      await on.state.migrations.update('m1', (now) => ({ ...now, gates: null }));
      return on;
    },
    typed: 'reembed switch m1',
    advises: 'reembed verify m1',
  },
  'ready with a point set aside, and switched': { make: oneSetAside, typed: 'reembed switch m1', advises: 'reembed accept m1 --all' },
  'observing with late writes': { make: wroteLate, advises: 'reembed late-writes m1 --insert-missing' },
  'observing with late writes, and completed': {
    make: wroteLate,
    typed: 'reembed complete m1 --confirm docs_v1',
    advises: 'reembed late-writes m1 --accept',
  },
  'observing, and completed without a name': {
    make: () => observing(),
    typed: 'reembed complete m1',
    advises: 'reembed complete m1 --confirm docs_v1',
  },
  'observing with a rollback that was refused': {
    make: async () => tried(await writtenTo(await observing()), 'reembed rollback m1'),
    advises: 'reembed rollback m1 --lose-writes 1',
  },
  'observing, and its target deleted': {
    make: async () => {
      const on = await observing();
      await on.stores.collections.drop('docs_v2');
      return on;
    },
    advises: 'reembed rollback m1',
  },
  'observing, and its alias moved elsewhere': {
    make: async () => {
      const on = await observing();
      await on.stores.collections.create('docs_v3', { vectors: {} });
      await on.stores.collections.pointAlias('docs', 'docs_v3');
      return on;
    },
    advises: 'reembed complete m1 --confirm docs_v1',
  },
  'observing, and its alias moved back': {
    make: async () => {
      const on = await observing();
      await on.stores.collections.pointAlias('docs', 'docs_v1');
      return on;
    },
    advises: 'reembed rollback m1',
  },
  'cancelled, and discarded without a name': {
    make: async () => after(await ready(), 'reembed cancel m1'),
    typed: 'reembed discard m1',
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'cancelled, and adopted': {
    make: async () => {
      const on = await after(await ready(), 'reembed cancel m1');
      on.loseRedis();
      return on;
    },
    typed: 'reembed adopt docs_v2',
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'not known by that name': { make: ready, typed: 'reembed pause m2', advises: 'reembed list' },
  'observing under names that a shell would take apart': {
    make: () => odd(),
    advises: String.raw`reembed complete m1 --confirm 'it'\''s $HOME; old'`,
  },
  'rolled back under names that a shell would take apart': {
    make: async () => after(await odd(), 'reembed rollback m1'),
    advises: "reembed discard m1 --confirm 'new $1 & more'",
  },
};

/** An application wrote to the new collection since the switch. */
async function writtenTo(on: Fleet): Promise<Fleet> {
  on.stores.put('docs_v2', [{ id: { kind: 'integer', id: '100' }, payload: '{"body":"new"}', vectors: { '': '[1,0,0,0]' } }]);
  return on;
}

/** An application wrote to the new collection in the very moment when the alias went back. */
async function rolledBackOverWrites(): Promise<Fleet> {
  const on = await observing();
  const { pointAlias } = on.stores.collections;
  on.stores.collections.pointAlias = async (alias, collection) => {
    await pointAlias(alias, collection);
    await writtenTo(on);
  };
  await after(on, 'reembed rollback m1');
  on.stores.collections.pointAlias = pointAlias;
  return on;
}

/** The pass that a migration which is ready follows its source by comes upon what has happened. */
async function followed(on: Fleet): Promise<Fleet> {
  await on.follow();
  await on.settle();
  return on;
}

async function hookFails(): Promise<Fleet> {
  const on = await ready({ spec: frozen });
  on.freezeHook.fails = true;
  return tried(on, 'reembed switch m1');
}

function hookMended(on: Fleet): void {
  on.freezeHook.fails = false;
}

async function gateStands(): Promise<Fleet> {
  const on = await ready();
  const quality = { verdict: 'fail' as const, reasons: ['nDCG@10 fell'] };
  await on.state.migrations.update('m1', (now) => (now.gates === null ? null : { ...now, gates: { ...now.gates, quality } }));
  return on;
}

async function oneSetAside(): Promise<Fleet> {
  const on = await shell.fleetOf({
    points: [...docs(5), { id: { kind: 'integer', id: '9' }, payload: '{}', vectors: { '': '[1.0,0.0]' } }],
  });
  await on.submit(renewed);
  await on.settle();
  return on;
}

async function wroteLate(): Promise<Fleet> {
  const on = await ready();
  await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
  const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
    if (alias === 'docs') on.stores.put('docs_v1', docs(41).slice(40));
    await on.deps.collections.pointAlias(alias, collection);
  };
  await on.settle({ collections: { ...on.deps.collections, pointAlias } });
  return on;
}

async function odd(): Promise<Fleet> {
  const [source, target, alias] = ["it's $HOME; old", 'new $1 & more', "what's read"];
  const on = await shell.fleetOf();
  await on.stores.collections.create(source, { vectors: { size: 2, distance: 'Dot' } });
  on.stores.put(source, docs(5));
  await on.stores.collections.pointAlias(alias, source);
  await on.submit(buildSpec({ source: { collection: source }, target: { collection: target, alias }, vectors: renewed.vectors }));
  await on.settle();
  return after(on, 'reembed switch m1');
}

/** What is said there: the message that was asked for, or everything that status shows. */
async function told(on: Fleet, { typed, unattended = false }: Situation): Promise<string> {
  const { out, err } = await shell.type(typed ?? 'reembed status m1', unattended);
  if (unattended) return out;
  await on.settle();
  return `${out}\n${err}`;
}

/** All that a command may change: what the fleet knows, and what Qdrant has. */
async function stateOf(on: Fleet): Promise<string> {
  const migrations = await on.state.migrations.list();
  const known = migrations.map(async (one) => [one.phase, one.phaseNumber, one.lateWrites, await on.deps.setAside.count(one.id)]);
  const names = await on.stores.collections.names();
  const phases = names.map(async (name) => [name, (await on.stores.collections.describe(name))?.metadata['reembed.phase']]);
  return JSON.stringify([await Promise.all(known), await Promise.all(phases)]);
}

/** Types a command, and, where it is refused with a word that it wants, that one; nothing is refused without a way on. */
async function follow(on: Fleet, command: string, depth = 0): Promise<Answer> {
  const answer = await shell.type(command);
  if (answer.exit === 0) return answer;
  const [next] = advisedIn(answer.err).filter((one) => one !== command && isForCoordinator(one) && !onlyLooks(one));
  if (next === undefined || depth > 2) throw new Error(`a dead end: ${command}: ${answer.err}`);
  return follow(on, next, depth + 1);
}

/** What a migration says that it stopped for. */
async function stopped(on: Fleet): Promise<string | null> {
  const [migration] = await on.state.migrations.list();
  return migration?.phase === 'failed' ? (migration.error?.message ?? '') : null;
}

describe.each(Object.entries(situations))('what is advised where a migration is %s', (_, situation) => {
  test('is accepted as it is printed, and leads on', async () => {
    const advised = advisedIn(await told(await situation.make(), situation));
    if (situation.advises === null) expect(advised).toEqual([]);
    else expect(advised).toContain(situation.advises);
    for (const command of advised) await parse(command);
    for (const command of advised.filter(isForCoordinator)) {
      const on = await situation.make();
      if (situation.typed !== undefined) await told(on, situation);
      if (/^reembed resume m1( --switch)?$/.test(command)) await situation.mend?.(on);
      const [before, reason] = [await stateOf(on), await stopped(on)];
      const { out } = await follow(on, command);
      await on.settle();
      expect(out, command).not.toBe('');
      if (onlyLooks(command)) continue;
      expect(await stateOf(on), command).not.toBe(before);
      if (reason !== null && command !== situation.prepares) expect(await stopped(on), command).not.toBe(reason);
    }
  });
});

async function specFile(spec: Migration['spec']): Promise<string> {
  const file = join(folder, 'spec.json');
  await writeFile(file, JSON.stringify(spec));
  return file;
}

test('the same spec run again goes on with what stopped', async () => {
  const file = await specFile(renewed);
  const on = await shell.fleetOf({ embedder: { failures: [new ReembedError('provider-unauthorized', 'no')] } });
  await on.submit(renewed);
  await on.settle();
  expect((await on.load()).phase).toBe('failed');
  const { exit, out } = await shell.type(reembed('run', file).slice(1, -1));
  expect([exit, out]).toEqual([0, expect.stringContaining('`reembed switch m1`')]);
});

test('what lost its target before the switch is cancelled and submitted again, as is advised, and makes it anew', async () => {
  const file = await specFile(renewed);
  const on = await ready();
  await on.stores.collections.drop('docs_v2');
  await followed(on);
  await after(on, 'reembed cancel m1');
  const { exit, out } = await shell.type(reembed('run', file).slice(1, -1));
  expect([exit, out]).toEqual([0, expect.stringContaining('`reembed switch m2`')]);
});

test('a switch that stopped is not gone on with by a run of the same spec, unless that is to switch', async () => {
  const file = await specFile(frozen);
  const on = await hookFails();
  hookMended(on);
  const refused = await shell.type(reembed('run', file).slice(1, -1));
  expect([refused.exit, refused.err]).toEqual([5, expect.stringContaining('`reembed resume m1 --switch`')]);
  expect(await on.alias()).toBe('docs_v1');
  expect((await shell.type(reembed('run', file, '--switch').slice(1, -1))).exit).toBe(0);
  expect(await on.alias()).toBe('docs_v2');
});

/** Every call of `reembed(…)` in the sources as the command that it prints: what is not known before stands as 1. */
function printedInSources(): [file: string, command: string][] {
  const sources = globSync('{packages,apps}/*/src/**/*.ts', {
    cwd: root,
    exclude: (name) => /\.(test|fixture)\.ts$|^node_modules$/.test(name),
  });
  return sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\breembed\(('[^)]*)\)/g)].map(([, words = '']): [string, string] => [
      file,
      asPrinted(words),
    ]),
  );
}

function asPrinted(words: string): string {
  const known = words.split(/,\s*/).filter((word) => !word.startsWith('...') && word.trim() !== '');
  return ['reembed', ...known.map((word) => /^'(.*)'$/.exec(word.trim())?.[1] ?? (word === 'gate' ? 'quality' : '1'))]
    .map(shellWord)
    .join(' ');
}

test('every command that is printed anywhere is one, with all that is mandatory', async () => {
  const printed = printedInSources();
  expect(printed.length).toBeGreaterThan(30);
  for (const [file, command] of printed)
    await parse(command).catch((error: Error) => expect.soft(`${file}: ${command}`).toBe(error.message));
});
