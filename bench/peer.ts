import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createUnindexed } from './collections.ts';
import type { Bench } from './harness.ts';
import type { Measurement } from './measurement.ts';

/** Tools show their progress there. */
const mostSaid = 2_000;

/**
 * Another tool's whole command, from its start to its end, in a shell. `{source}`, `{target}`, `{restUrl}` and `{grpcUrl}` stand in it for what it works on.
 * Throws where it fails, or ends with fewer points than there are.
 */
export async function runPeer(bench: Bench, command: string, source: string): Promise<Measurement> {
  const target = await createUnindexed(bench, 'peer');
  const values: Readonly<Record<string, string>> = { source, target, restUrl: bench.qdrantUrl, grpcUrl: bench.grpcUrl ?? '' };
  const filled = command.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const began = performance.now();
  const child = spawn(filled, { shell: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-mostSaid);
  });
  const [code] = await once(child, 'close');
  const ms = performance.now() - began;
  const points = await bench.collections.count(target);
  if (code !== 0 || points !== bench.points)
    throw new Error(`the peer ended with ${code} and ${points} of ${bench.points} points: ${filled}\n${said}`);
  await bench.collections.drop(target);
  // What it costs is its own process's affair.
  return { points, ms, cpuMs: Number.NaN, rssEarlyMiB: Number.NaN, rssLateMiB: Number.NaN };
}
