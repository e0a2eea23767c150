import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Phase } from '@reembed/contracts';
import { startTestRedis } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { reembed } from '../support/built.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, somePoints } from '../support/source-collection.ts';

type Env = Readonly<Record<string, string>>;
type Ended = { readonly exit: number | string; readonly said: string };

/** Types a command and waits for its end; one that runs until it is told is told once it has said `until`. */
async function type(env: Env, args: readonly string[], until?: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, [reembed, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      const before = until?.test(said);
      said += text;
      if (until?.test(said) && !before) child.kill('SIGTERM');
    });
  const [code, signal] = await once(child, 'close');
  return { exit: code ?? signal, said };
}

/** Every command that the help lists, and of the groups every command in them. */
async function commandsOf(env: Env, groups: readonly string[]): Promise<string[]> {
  const listed = async (path: readonly string[]) => {
    const { said: help } = await type(env, [...path, '--help']);
    // A group that takes an argument lists that as well.
    const said = help.replace(/^Arguments:\n(?: .*\n)+/m, '');
    const names = [...said.matchAll(/^ {2}([a-z][a-z-]*)(?: .*)?$/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
    return names.map((name) => [...path, name].join(' '));
  };
  const within = await Promise.all(groups.map((group) => listed([group])));
  return [...(await listed([])).filter((name) => !groups.includes(name)), ...within.flat()];
}

/** A command as it is typed, by the name under which the help lists it. `until`: it runs until it is told, once it has said that. */
type Typed = { readonly command: string; readonly words?: readonly string[]; readonly until?: RegExp };

/** Names of commands that have others in them. */
const groupsOf = (typed: readonly Typed[]) => [
  ...new Set(typed.flatMap(({ command }) => (command.includes(' ') ? [command.split(' ')[0] ?? ''] : []))),
];
const namesOf = (typed: readonly Typed[]) => [...new Set(typed.map(({ command }) => command))].sort();

const argsOf = ({ command, words = [] }: Typed) => [...command.split(' '), ...words];

/** All that somebody could be harmed by. When the owner was last alive, and what a migration follows its source by, goes on by itself. */
async function all({ http, state }: Fleet, id: string, names: readonly string[]) {
  const described = names.map(async (name) => {
    const { config, points_count } = (await http.call('GET', `/collections/${name}`)) as { config: object; points_count: number };
    return [name, JSON.stringify(config).replace(/"aliveAt":"[^"]*"/, ''), points_count];
  });
  const { phase, phaseNumber, owner, error } = (await state.migrations.load(id)) ?? {};
  const aliases = Object.entries(await http.aliases()).filter(([alias, at]) => !alias.startsWith('reembed.') && names.includes(at));
  return { phase, phaseNumber, owner, error, aliases, collections: await Promise.all(described) };
}

/** A migration of a fleet that lives, ready to be switched; and two shells: one knows only the Qdrant, and a Redis of its own, the other only the coordinator. */
async function setShells() {
  await using stack = new AsyncDisposableStack();
  const fleet = stack.use(await startFleet());
  const redis = stack.use(await startTestRedis());
  const folder = await mkdtemp(join(tmpdir(), 'reembed-shells-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const [source, target, alias, other] = [fleet.name('source'), fleet.name('target'), fleet.name('docs'), fleet.name('other')];
  const vector = () => JSON.stringify(Array.from({ length: 16 }, (_, at) => at + 1));
  for (const name of [source, other])
    await createSource(fleet.http, name, { vectors: { size: 16, distance: 'Dot' } }, somePoints(60, 'integers', vector));
  const actions = [{ create_alias: { alias_name: alias, collection_name: source } }];
  await fleet.http.call('POST', '/collections/aliases', { actions });
  const spec = {
    name: 'two shells',
    source: { collection: source, vectors: { '': { model: 'hash/16', text: '{{title}}' } } },
    target: { collection: target, alias },
    vectors: { '': { embed: { model: 'hash/64', text: '{{title}}' } } },
  };
  const specFile = join(folder, 'spec.json');
  await writeFile(specFile, JSON.stringify(spec));
  const { id } = await fleet.api.submit(spec);
  await fleet.api.until(id, 'ready');
  const path = { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: fleet.env.NODE_COMPILE_CACHE ?? '' };
  const own = { REDIS_URL: redis.url, REEMBED_REDIS_PREFIX: redis.prefix, REEMBED_PORT: '0' };
  const owned = stack.move();
  return {
    ...{ fleet, id, source, target, alias, other, specFile, folder },
    alone: { ...path, ...own, QDRANT_URL: fleet.qdrant.url },
    known: { ...path, REEMBED_URL: fleet.coordinatorUrl() },
    everything: () => all(fleet, id, [source, target]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const model = ['--model', 'hash/64', '--text', '{{title}}'];

const looksOf = (id: string): Typed[] => [
  ...['list', 'models', 'audit'].map((command) => ({ command })),
  { command: 'token', words: ['ada'] },
  ...['status', 'report', 'failures', 'late-writes'].map((command) => ({ command, words: [id] })),
  { command: 'compare', words: [id, 'a document'] },
];

const tenMinutes = 600_000;

test('every command of the help, typed into a shell that knows only the Qdrant: what belongs to a fleet that lives is left as it is', {
  timeout: tenMinutes,
}, async () => {
  await using on = await setShells();
  const { id, source, target, alias, other, specFile, folder, alone } = on;
  const [map, preview] = [join(folder, 'map.json'), on.fleet.name('preview')];
  const looks = looksOf(id);
  const acts: Typed[] = [
    ...['pause', 'resume', 'cancel', 'verify', 'switch', 'rollback'].map((command) => ({ command, words: [id] })),
    { command: 'complete', words: [id, '--confirm', source] },
    { command: 'discard', words: [id, '--confirm', target] },
    ...['retry', 'accept'].map((command) => ({ command, words: [id, '--all'] })),
    { command: 'late-writes', words: [id, '--accept'] },
    { command: 'submit', words: [specFile] },
    { command: 'adopt', words: [target] },
    { command: 'run', words: [specFile, '--workers', '1'] },
    { command: 'tune', words: [id, '--streams', '3'] },
  ];
  const besides: Typed[] = [
    { command: 'alias list' },
    { command: 'plan', words: [specFile] },
    { command: 'doctor', words: [other] },
    { command: 'completion', words: ['bash'] },
    // Nobody writes to it, and it ends.
    { command: 'mcp' },
    { command: 'trial', words: [specFile] },
    // There is no coordinator that knows of any, and nothing was fused: each says so.
    { command: 'dead-letters' },
    { command: 'hooks' },
    { command: 'fusion', words: [id] },
    { command: 'init two-step', words: ['--source', alias, ...model] },
    { command: 'requantize', words: [other, '--to', 'scalar'] },
    { command: 'alias create', words: [preview, other] },
    { command: 'alias delete', words: [preview] },
    { command: 'adapter fit', words: ['--source', other, ...model, '--out', map, '--price'] },
    { command: 'adapter show', words: [map] },
    { command: 'adapter export', words: [map] },
    { command: 'worker', until: /worker is ready/ },
    { command: 'coordinator', words: ['--port', '0'], until: /coordinator is ready/ },
    { command: 'gateway', words: ['--port', '0'], until: /gateway is ready/ },
    { command: 'qdrant', words: ['--port', '0'], until: /http:/ },
    { command: 'dev', words: ['--workers', '1'], until: /Ctrl-C ends everything/ },
    { command: 'demo', words: ['--points', '20', '--workers', '1'] },
    { command: 'backfill', words: [other, '--vector', 'new', ...model, '--workers', '1'] },
  ];
  const typed = [...looks, ...acts, ...besides];
  expect(namesOf(typed)).toEqual((await commandsOf(alone, groupsOf(typed))).sort());
  const before = await on.everything();
  for (const one of typed) {
    const { exit, said } = await type(alone, argsOf(one), one.until);
    const line = `${one.command}: ${said}`;
    if (looks.includes(one)) expect.soft(exit, line).toBe(0);
    // It belongs to another fleet, has a phase that does not allow it, or there is no coordinator to take it.
    if (acts.includes(one)) expect.soft([4, 5, 8], line).toContain(exit);
    expect(await on.everything(), line).toEqual(before);
  }
  const { config } = (await on.fleet.http.call('GET', `/collections/${other}`)) as { config: { params: { vectors: object } } };
  expect(Object.keys(config.params.vectors), 'what the backfill was meant to make').toContain('new');
});

test('every command of the help, typed into a shell that knows the coordinator, drives a migration to its end; looks change nothing, and the other shell sees the same', {
  timeout: tenMinutes,
}, async () => {
  await using on = await setShells();
  const { id, source, target, alias, other, specFile, alone, known } = on;
  const looks: Typed[] = [
    ...looksOf(id),
    { command: 'dead-letters' },
    { command: 'hooks' },
    { command: 'plan', words: [specFile] },
    { command: 'requantize', words: [other, '--to', 'scalar'] },
    ...['worker', 'coordinator', 'gateway'].map((command) => ({ command, words: ['--print-config'] })),
    // What speaks to Qdrant alone has none here, and what starts a fleet has one.
    ...['doctor', 'alias list', 'alias create', 'alias delete', 'init two-step', 'adapter fit', 'adapter show', 'adapter export'].map(
      (command) => ({
        command,
        words: ['--help'],
      }),
    ),
    ...['qdrant', 'dev', 'demo', 'trial', 'fusion', 'completion', 'mcp'].map((command) => ({ command, words: ['--help'] })),
  ];
  const driven: [Typed, phase: Phase][] = [
    [{ command: 'pause', words: [id] }, 'paused'],
    [{ command: 'resume', words: [id] }, 'ready'],
    [{ command: 'run', words: [specFile] }, 'ready'],
    [{ command: 'submit', words: [specFile] }, 'ready'],
    [{ command: 'tune', words: [id, '--streams', '3'] }, 'ready'],
    [{ command: 'adopt', words: [target] }, 'ready'],
    [{ command: 'verify', words: [id] }, 'ready'],
    [{ command: 'retry', words: [id, '--all'] }, 'ready'],
    [{ command: 'accept', words: [id, '--all'] }, 'ready'],
    [{ command: 'switch', words: [id] }, 'observing'],
    [{ command: 'late-writes', words: [id, '--accept'] }, 'observing'],
    // Each of these is refused as things are.
    [{ command: 'cancel', words: [id] }, 'observing'],
    [{ command: 'discard', words: [id, '--confirm', target] }, 'observing'],
    [{ command: 'complete', words: [id] }, 'observing'],
    [{ command: 'rollback', words: [id] }, 'rolled-back'],
    [{ command: 'backfill', words: [other, '--vector', 'new', ...model] }, 'rolled-back'],
  ];
  const typed = [...looks, ...driven.map(([one]) => one)];
  expect(namesOf(typed)).toEqual((await commandsOf(known, groupsOf(typed))).sort());
  for (const [one, phase] of driven) {
    const { said } = await type(known, argsOf(one));
    await on.fleet.api.until(id, phase);
    const seen = async () => (await type(alone, ['status', id])).said;
    await expect.poll(seen, { timeout: 60_000, message: `${one.command}: ${said}` }).toMatch(new RegExp(`^phase +${phase},`, 'm'));
  }
  const before = await on.everything();
  for (const one of looks) {
    const { exit, said } = await type(known, argsOf(one));
    // The target is there already, which a plan says.
    expect.soft(exit, `${one.command}: ${said}`).toBe(one.command === 'plan' ? 2 : 0);
    expect(await on.everything(), `${one.command}: ${said}`).toEqual(before);
  }
  expect(await on.fleet.http.aliases()).toMatchObject({ [alias]: source });
});
