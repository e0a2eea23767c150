import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrationViewSchema } from '@reembed/contracts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { specOf } from '../copy-collection.ts';
import { againstGoal, type Bench, interleaved, type Scenario, table } from '../harness.ts';
import { type Measurement, median } from '../measurement.ts';
import { runPeer } from '../peer.ts';

const recipes = ['keep', 'embed'] as const;
const peer = 'the peer’s whole command';
const name = (recipe: (typeof recipes)[number]) => `\`reembed run\`, ${recipe}`;

/** Of the time of a peer that compares nothing: its start weighs less the longer the copy takes. */
const goalAt = (points: number) => (points >= 1_000_000 ? 0.8 : 1.2);

/** Goal: at most 1.2 times a peer's time at 100,000 points, 0.8 at a million. The model of `embed` is `hash`, whose vectors are made here. */
export const run: Scenario = {
  name: 'run',
  summary:
    '`reembed run` as it is typed, from its start to ready with both sides compared, kept and embedded, beside a peer’s whole command (--peer)',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const ours = recipes.map((recipe) => [name(recipe), () => runWhole(bench, source, recipe)] as const);
    const theirs = bench.peer === undefined ? [] : [[peer, () => runPeer(bench, bench.peer ?? '', source)] as const];
    const measured = await interleaved(bench.rounds, Object.fromEntries([...ours, ...theirs]));
    for (const line of table(measured)) bench.print(line);
    for (const recipe of recipes) {
      const [whole, other] = [measured[name(recipe)] ?? [], measured[peer]];
      bench.print(`${name(recipe)}: ${median(whole.map(({ ms }) => ms / 1_000)).toFixed(1)} s`);
      if (other === undefined) continue;
      const times = median(whole.map(({ ms }, round) => ms / (other[round]?.ms ?? Number.NaN)));
      bench.print(againstGoal(`${name(recipe)}: its time to that of the peer`, times, { most: goalAt(bench.points) }));
    }
  },
};

/** Three processes and a Redis start with it, and end. */
async function runWhole(bench: Bench, source: string, vector: (typeof recipes)[number]): Promise<Measurement> {
  const target = bench.collectionName('whole');
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'reembed-bench-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'spec.json');
  await writeFile(file, JSON.stringify(specOf(bench, { source, target, vector })));
  const began = performance.now();
  const { id } = migrationViewSchema.parse(JSON.parse(await reembed(bench, ['run', file, '--json'])));
  const ms = performance.now() - began;
  const points = await bench.collections.count(target);
  if (points !== bench.points) throw new Error(`reembed run ended with ${points} of ${bench.points} points`);
  await reembed(bench, ['cancel', id]);
  return { points, ms, cpuMs: Number.NaN, rssEarlyMiB: Number.NaN, rssLateMiB: Number.NaN };
}

/** What it answers. Throws where it ends with anything but 0. */
async function reembed({ qdrantUrl, grpcUrl }: Bench, words: readonly string[]): Promise<string> {
  const { REEMBED_URL: _url, REDIS_URL: _redis, ...rest } = process.env;
  const env = { ...rest, QDRANT_URL: qdrantUrl, ...(grpcUrl === undefined ? {} : { QDRANT_GRPC_URL: grpcUrl }) };
  const command = fileURLToPath(new URL('../../.build/apps/cli/bin/reembed.js', import.meta.url));
  const child = spawn(process.execPath, [command, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`reembed ${words.join(' ')} ended with ${code}: ${said.err}${said.out}`);
  return said.out;
}
