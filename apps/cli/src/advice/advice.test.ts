import { globSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errorCodes, type Phase, phases, type WaitKind, waitKinds } from '@reembed/contracts';
import { shellWord } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  after,
  folder,
  followed,
  frozen,
  hookFails,
  hookMended,
  keyRefused,
  ready,
  renewed,
  runOf,
  type Situation,
} from './scenes.fixture.ts';
import { type Answer, advisedIn, type Fleet, isForCoordinator, onlyLooks, parse, type Shell, startShell } from './shell.fixture.ts';
import { situations } from './situations.fixture.ts';
import { stops } from './stops.fixture.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

let shell: Shell;
beforeAll(async () => {
  shell = await startShell();
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What the situations have shown. */
const seen = { phases: new Set<Phase>(), errors: new Set<ErrorCode>(), waits: new Set<WaitKind>() };

async function see(on: Fleet, said: string): Promise<void> {
  for (const { id, phase, error, waiting } of await on.state.migrations.list()) {
    seen.phases.add(phase);
    if (error !== null) seen.errors.add(error.code);
    if (waiting !== null) seen.waits.add(waiting.kind);
    for (const { code } of (await on.state.setAside.page(id, null, 10)).entries) seen.errors.add(code as ErrorCode);
  }
  for (const [, shown, inJson] of said.matchAll(/\[([a-z-]+)\]|"code": ?"([a-z-]+)"/g)) seen.errors.add((shown ?? inJson) as ErrorCode);
}

/** Errors of no message that a person reads about a migration, and where they are looked at instead. */
const elsewhere: Readonly<Partial<Record<ErrorCode, string>>> = {
  'batch-under-way': 'of a range that waits, which fails nothing: packages/core/src/ranges/run-range.test.ts',
  'method-not-allowed': 'of the API alone: apps/coordinator/src/build-server.test.ts',
  'idempotency-conflict': 'of the API alone, which has the header: apps/coordinator/src/build-server.test.ts',
  unauthorized: 'of every command alike, and names the variable to set: apps/cli/src/api/api-client.test.ts',
  forbidden: 'of a coordinator that knows people, and says who may: apps/coordinator/src/people/people.test.ts',
  'too-many-attempts': 'of every command alike, and says how long to wait: apps/coordinator/src/people/people.test.ts',
  'identity-provider-unreachable': 'of a coordinator that asks one: apps/coordinator/src/people/oidc.test.ts',
  'audit-unwritten': 'of every act alike, while Qdrant is away: apps/coordinator/src/people/people.test.ts',
  'address-not-allowed': 'of specs that reach out, and names the setting: apps/coordinator/src/build-server.test.ts',
  'planning-stopped': 'of every spec alike, and says that it may be sent again: apps/coordinator/src/planning/forked-planner.test.ts',
  'too-many-readers': 'of the API alone, and of whoever follows: apps/coordinator/src/build-server.test.ts',
  unhealthy: 'of a collection, and says what is wrong with it: apps/cli/src/commands/doctor.test.ts',
  'half-written': 'of applications behind a gateway: packages/client/src/live-writes.test.ts',
  'document-damaged': 'of Redis that somebody wrote into: packages/core/src/commands/damaged-document.test.ts',
  'hook-failed': 'of hooks in reembed.config.yaml: apps/coordinator/src/hooks/hooks.test.ts',
  'payload-unreadable': 'of processes whose keys differ: packages/queue/src/jobs/sealed-calls.test.ts',
  'newer-version': 'of two versions side by side: packages/queue/src/state/unreadable.test.ts',
  'range-lost': 'of workers among each other: the range goes on with the other one, and nobody is told',
};

/** What is said there: the message that was asked for, or everything that status shows. */
async function told(on: Fleet, { typed = 'reembed status m1', unattended = false, env = {} }: Situation): Promise<string> {
  const { out, err } = await shell.type(typed, { unattended, env });
  const said = `${out}\n${err}`;
  await see(on, said);
  if (!unattended) await on.settle();
  return said;
}

/** All that a command may change: what the fleet knows, and what Qdrant has. */
async function stateOf(on: Fleet): Promise<string> {
  const migrations = await on.state.migrations.list();
  const known = migrations.map(async (one) => [one.phase, one.phaseNumber, one.lateWrites, await on.deps.setAside.count(one.id)]);
  const names = await on.stores.collections.names();
  const collections = names.map(async (name) => {
    const info = await on.stores.collections.describe(name);
    return [
      name,
      info?.metadata['reembed.phase'],
      info?.vectors,
      info?.quantizationConfig,
      (await on.stores.collections.indexing(name)).status,
    ];
  });
  return JSON.stringify([await Promise.all(known), await Promise.all(collections)]);
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

/** What is at work, or waits, goes on by itself. */
async function goesOn(on: Fleet, { mend }: Situation): Promise<void> {
  await mend?.(on);
  const before = await stateOf(on);
  await on.settle();
  expect(await stateOf(on)).not.toBe(before);
}

describe.each(Object.entries({ ...situations, ...stops }))('what is advised where a migration is %s', (_, situation) => {
  test('is accepted as it is printed, and leads on', async () => {
    const looked = await situation.make(shell);
    const advised = advisedIn(await told(looked, situation));
    if (situation.advises === null) expect(advised).toEqual([]);
    else expect(advised).toContain(situation.advises);
    if (situation.unattended) await goesOn(looked, situation);
    for (const command of advised) await parse(command);
    for (const command of advised.filter(isForCoordinator)) {
      const on = await situation.make(shell);
      if (situation.typed !== undefined) await told(on, situation);
      const [before, reason] = [await stateOf(on), await stopped(on)];
      if (/^reembed (resume m1( --switch)?|complete .*|requantize .*)$/.test(command)) await situation.mend?.(on);
      const { out } = await follow(on, command);
      await on.settle();
      expect(out, command).not.toBe('');
      if (onlyLooks(command)) continue;
      expect(await stateOf(on), command).not.toBe(before);
      if (reason !== null && command !== situation.prepares) expect(await stopped(on), command).not.toBe(reason);
    }
  });
});

test('the same spec run again goes on with what stopped', async () => {
  const on = await shell.fleetOf({ embedder: { failures: keyRefused() } });
  await on.submit(renewed);
  await on.settle();
  expect((await on.load()).phase).toBe('failed');
  const { exit, out } = await shell.type(runOf(renewed));
  expect([exit, out]).toEqual([0, expect.stringContaining('`reembed switch m1`')]);
});

test('what lost its target before the switch is cancelled and submitted again, as is advised, and makes it anew', async () => {
  const on = await ready(shell);
  await on.stores.collections.drop('docs_v2');
  await followed(on);
  await after(on, 'reembed cancel m1');
  const { exit, out } = await shell.type(runOf(renewed));
  expect([exit, out]).toEqual([0, expect.stringContaining('`reembed switch m2`')]);
});

test('a switch that stopped is not gone on with by a run of the same spec, unless that is to switch', async () => {
  const on = await hookFails(shell);
  hookMended(on);
  const refused = await shell.type(runOf(frozen));
  expect([refused.exit, refused.err]).toEqual([5, expect.stringContaining('`reembed resume m1 --switch`')]);
  expect(await on.alias()).toBe('docs_v1');
  expect((await shell.type(runOf(frozen, '--switch'))).exit).toBe(0);
  expect(await on.alias()).toBe('docs_v2');
});

test('there is a situation for every phase, every wait and every error, or it is said where that is looked at', () => {
  expect.soft(phases.filter((phase) => !seen.phases.has(phase))).toEqual([]);
  expect.soft(waitKinds.filter((kind) => !seen.waits.has(kind))).toEqual([]);
  const looked = (code: ErrorCode) => seen.errors.has(code);
  expect.soft((Object.keys(errorCodes) as ErrorCode[]).filter((code) => !looked(code) && elsewhere[code] === undefined)).toEqual([]);
  expect.soft((Object.keys(elsewhere) as ErrorCode[]).filter(looked)).toEqual([]);
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
