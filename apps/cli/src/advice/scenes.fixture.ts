import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, type Migration, ReembedError, reembed } from '@reembed/core';
import { buildSpec, docs } from '@reembed/core/fleet.fixture';
import type { Fleet, Shell } from './shell.fixture.ts';

/** Where somebody stands who reads a message. */
export type Situation = {
  readonly make: (shell: Shell) => Promise<Fleet>;
  /** What the message asks to be done before `reembed resume`, or what it waits for comes, and it goes on by itself. */
  readonly mend?: (on: Fleet) => Promise<unknown> | unknown;
  /** A command after which, as the message says, another has to come. */
  readonly prepares?: string;
  /** What is typed that answers with the message; default: status is read. */
  readonly typed?: string;
  /** Laid over the environment in which that is typed. */
  readonly env?: Readonly<Record<string, string>>;
  /** At work, and its fleet does nothing while it is looked at. It goes on by itself. */
  readonly unattended?: boolean;
  /** A command that has to be among the advised; null: there is nothing to do. */
  readonly advises: string | null;
};

/** Of spec files; a shell would take its name apart. */
export const folder = mkdtempSync(join(tmpdir(), 'reembed advice-'));

/** A file of that spec, and the command that runs it, as it would be printed. */
export function runOf(spec: unknown, ...words: readonly string[]): string {
  const file = join(folder, `${createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 8)}.json`);
  writeFileSync(file, JSON.stringify(spec));
  return reembed('run', file, ...words).slice(1, -1);
}

export const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });
export const twoStep = buildSpec();
export const inPlace = buildSpec({
  target: { collection: 'docs_v1', inPlace: true },
  vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
});
export const frozen = buildSpec({ switch: { freeze: { url: 'http://127.0.0.1:9/freeze' } } });

/** What two requests meet, of a migration's own texts and of the witness: the first of a key that is refused. */
export const keyRefused = () => [1, 2, 3].map(() => new ReembedError('provider-unauthorized', 'no'));

export type Start = { readonly spec?: Migration['spec']; readonly points?: number };

export async function ready(shell: Shell, { spec = renewed, points = 40 }: Start = {}): Promise<Fleet> {
  const on = await shell.fleetOf({ points: docs(points) });
  await on.submit(spec);
  await on.settle();
  return on;
}

export async function until(shell: Shell, phase: Migration['phase'], start: Start = {}): Promise<Fleet> {
  const on = await shell.fleetOf({ points: docs(start.points ?? 40) });
  await on.submit(start.spec ?? renewed);
  await on.until(phase);
  return on;
}

/** Somebody said these, and each was carried out. */
export async function after(on: Fleet, ...commands: readonly string[]): Promise<Fleet> {
  for (const command of commands) {
    const { err } = await on.type(command);
    if (err !== '') throw new Error(`${command}: ${err}`);
    await on.settle();
  }
  return on;
}

export const observing = async (shell: Shell, start?: Start) => after(await ready(shell, start), 'reembed switch m1');

/** What only ends by failing, or is refused, says so. */
export async function tried(on: Fleet, command: string): Promise<Fleet> {
  await on.type(command);
  await on.settle();
  return on;
}

/** An application wrote to the new collection since the switch. */
export async function writtenTo(on: Fleet): Promise<Fleet> {
  on.stores.put('docs_v2', [{ id: { kind: 'integer', id: '100' }, payload: '{"body":"new"}', vectors: { '': '[1,0,0,0]' } }]);
  return on;
}

/** An application wrote to the new collection in the very moment when the alias went back. */
export async function rolledBackOverWrites(shell: Shell): Promise<Fleet> {
  const on = await observing(shell);
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
export async function followed(on: Fleet): Promise<Fleet> {
  await on.follow();
  await on.settle();
  return on;
}

export async function hookFails(shell: Shell): Promise<Fleet> {
  const on = await ready(shell, { spec: frozen });
  on.freezeHook.fails = true;
  return tried(on, 'reembed switch m1');
}

export function hookMended(on: Fleet): void {
  on.freezeHook.fails = false;
}

export async function gateStands(shell: Shell): Promise<Fleet> {
  const on = await ready(shell);
  const quality = { verdict: 'fail' as const, reasons: ['nDCG@10 fell'] };
  await on.state.migrations.update('m1', (now) => (now.gates === null ? null : { ...now, gates: { ...now.gates, quality } }));
  return on;
}

export async function oneSetAside(shell: Shell): Promise<Fleet> {
  const on = await shell.fleetOf({
    points: [...docs(5), { id: { kind: 'integer', id: '9' }, payload: '{}', vectors: { '': '[1.0,0.0]' } }],
  });
  await on.submit(renewed);
  await on.settle();
  return on;
}

export async function wroteLate(shell: Shell): Promise<Fleet> {
  const on = await ready(shell);
  await command(on.deps, 'm1', 'switch', { acceptLateWrites: true });
  const pointAlias: typeof on.deps.collections.pointAlias = async (alias, collection) => {
    if (alias === 'docs') on.stores.put('docs_v1', docs(41).slice(40));
    await on.deps.collections.pointAlias(alias, collection);
  };
  await on.settle({ collections: { ...on.deps.collections, pointAlias } });
  return on;
}

export async function odd(shell: Shell): Promise<Fleet> {
  const [source, target, alias] = ["it's $HOME; old", 'new $1 & more', "what's read"];
  const on = await shell.fleetOf();
  await on.stores.collections.create(source, { vectors: { size: 2, distance: 'Dot' } });
  on.stores.put(source, docs(5));
  await on.stores.collections.pointAlias(alias, source);
  await on.submit(buildSpec({ source: { collection: source }, target: { collection: target, alias }, vectors: renewed.vectors }));
  await on.settle();
  return after(on, 'reembed switch m1');
}
