import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startTestQdrant, startTestRedis } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { createMigrationApi } from '../support/migration-api.ts';
import { createQdrantHttp } from '../support/qdrant-http.ts';
import { buildImageRoot, canHaveRoots } from './image-root.ts';

const compose = parse(readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8'), { merge: true });
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const healthy = ['node', '/app/apps/cli/bin/healthy.js'];

test.skipIf(!canHaveRoots)(
  'coordinator and worker of the image migrate, as another user than root, where nothing but /tmp can be written',
  async () => {
    await using image = await buildImageRoot();
    expect(Number(spawnSync('du', ['-sm', image.dir], { encoding: 'utf8' }).stdout.split('\t')[0])).toBeLessThan(300);

    await using stack = new AsyncDisposableStack();
    const [qdrant, redis] = [stack.use(await startTestQdrant()), stack.use(await startTestRedis())];
    const [port, statusPort] = [String(await freePort()), String(await freePort())];
    const env = { QDRANT_URL: qdrant.url, REDIS_URL: redis.url, REEMBED_REDIS_PREFIX: redis.prefix, REEMBED_PORT: port };
    const log: string[] = [];
    const start = (name: string) => {
      const child = image.start(compose.services[name].command, { ...env, REEMBED_STATUS_PORT: statusPort });
      for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => log.push(text));
      stack.defer(async () => {
        child.kill('SIGTERM');
        await gone(child);
      });
      return child;
    };
    const isWell = async (what: Record<string, string>) => (await gone(image.start([], what, healthy))) === 0;
    expect(await isWell(env)).toBe(false);
    const coordinator = start('coordinator');
    start('worker');
    await eventually('the coordinator is healthy', async () => (coordinator.exitCode !== null || (await isWell(env)) ? true : null), {
      details: () => log.join(''),
    });
    expect(readFileSync(`/proc/${coordinator.pid}/status`, 'utf8')).toMatch(/^Uid:\t1000\t1000[\s\S]*NoNewPrivs:\t1/m);

    const http = createQdrantHttp(qdrant.url);
    const names: string[] = [];
    const name = (prefix: string) => `${prefix}-image-${names.push(prefix)}`;
    const made = await documentMigration({ http, name }, { points: 60 });
    const api = createMigrationApi(
      () => [`http://127.0.0.1:${port}`],
      () => log.join(''),
    );
    const { id } = await api.submit(made.spec);
    await api.until(id, 'ready');
    expect(await made.differences()).toEqual([]);

    expect(librariesOf(modelFiles()).filter((name) => globSync(`{lib,lib64}/**/${name}`, { cwd: image.dir }).length === 0)).toEqual([]);
    const written = await gone(image.start(['-e', 'require("fs").writeFileSync("/app/x", "")'], {}, ['node']));
    expect(written).not.toBe(0);
  },
);

/** What an image with sentence models has beside: docs/image.md. */
function modelFiles(): string[] {
  const { arch } = process;
  const found = globSync([`onnxruntime-node/bin/*/linux/${arch}/*`, `@img/*linux-${arch}/lib/*.{node,so*}`], { cwd: modules });
  expect(found.length).toBeGreaterThan(3);
  return found.map((file) => join(modules, file));
}

/** The names of libraries of the system that these files ask for. */
function librariesOf(files: readonly string[]): string[] {
  const asked = spawnSync('ldd', [...files], { encoding: 'utf8' }).stdout.matchAll(/^\t(\S+) => (\S+)/gm);
  return [...new Set([...asked].flatMap(([, name = '', at = '']) => (at.startsWith(modules) ? [] : [name])))];
}

async function gone(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
