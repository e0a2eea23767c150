/**
 * node bench/load-and-scroll.ts [--url URL] [--points 100000] [--dimensions 512] [--batch 256] [--streams 4]: loads points with a payload of about 450 bytes
 * into a server and prints points per second of upsert, scroll (ids, payloads, payloads and vectors) and count, and milliseconds of an exact search. Without
 * --url a local server is started in a process of its own, and its memory is printed. A real server has to be empty; the collection is deleted afterwards.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    points: { type: 'string', default: '100000' },
    dimensions: { type: 'string', default: '512' },
    batch: { type: 'string', default: '256' },
    streams: { type: 'string', default: '4' },
    uuids: { type: 'boolean', default: false },
  },
});
const [points, dimensions, batch, streams] = [
  Number(values.points),
  Number(values.dimensions),
  Number(values.batch),
  Number(values.streams),
];
const agent = new Agent({ keepAlive: true });
const WORDS =
  'the migration of a live collection keeps every point its payload and its old vector until the last reader has moved to the new one'.split(
    ' ',
  );

const server = values.url === undefined ? await startLocal() : undefined;
const url = values.url ?? server?.url ?? '';
await send(
  'PUT',
  '/collections/bench',
  JSON.stringify({ vectors: { size: dimensions, distance: 'Cosine' }, optimizers_config: { indexing_threshold: 0 } }),
);

const bodies = Array.from({ length: 16 }, (_, i) => bodyText(i * batch));
const loaded = await timed(() =>
  inStreams(Math.ceil(points / batch), (i) =>
    send('PUT', '/collections/bench/points?wait=true', renumbered(bodies[i % bodies.length] ?? '', i)),
  ),
);
print('upsert', loaded);
for (const [name, limit, fields] of [
  ['scroll ids', 10_000, { with_payload: false }],
  ['scroll payloads', 1000, { with_payload: true }],
  ['scroll payloads and vectors', 256, { with_payload: true, with_vector: true }],
] as const) {
  print(`${name}, pages of ${limit}`, await timed(() => scrollAll(limit, fields)));
}
for (const [name, extra] of [
  ['exact search', {}],
  ['exact search, filtered', { filter: { must: [{ key: 'k', match: { value: 7 } }] } }],
] as const) {
  const body = JSON.stringify({ query: vector(1), limit: 10, params: { exact: true }, ...extra });
  const times: number[] = [];
  for (let i = 0; i < 9; i++) times.push(await timed(() => send('POST', '/collections/bench/points/query', body)));
  process.stdout.write(`${name}: ${(median(times) * 1000).toFixed(1)} ms\n`);
}
if (server !== undefined)
  process.stdout.write(`memory of the server: ${residentMiB(server.pid)} MiB now, ${residentMiB(server.pid, 'VmHWM')} MiB at most\n`);
await send('DELETE', '/collections/bench', '');
server?.stop();
agent.destroy();

function bodyText(seed: number): string {
  const list = Array.from(
    { length: batch },
    (_, i) => `{"id":@${i}@,"vector":[${vector(seed + i).join(',')}],"payload":${JSON.stringify(payload(seed + i))}}`,
  );
  return `{"points":[${list.join(',')}]}`;
}

/** The same texts again under other ids: making them costs more than loading them. */
function renumbered(body: string, block: number): string {
  return body.replaceAll(/@(\d+)@/g, (_, i: string) => id(block * batch + Number(i)));
}

function id(number: number): string {
  if (!values.uuids) return String(number);
  const hash = (Math.imul(number + 1, 2654435761) >>> 0).toString(16).padStart(8, '0');
  return `"${hash}-0000-4000-8000-${number.toString(16).padStart(12, '0')}"`;
}

function vector(seed: number): number[] {
  let state = seed * 2654435761 + 1;
  return Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Number((state / 2 ** 31 - 1).toPrecision(9));
  });
}

function payload(seed: number): unknown {
  return {
    k: seed % 10,
    title: `Title ${seed}`,
    body: Array.from({ length: 70 }, (_, i) => WORDS[(seed * 7 + i * 3) % WORDS.length]).join(' '),
    tags: ['a', 'b', `t${seed % 5}`],
    price: seed + 0.5,
  };
}

async function inStreams(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const stream = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: streams }, stream));
}

async function scrollAll(limit: number, fields: object): Promise<void> {
  let offset: string | undefined;
  do {
    const text = await send(
      'POST',
      '/collections/bench/points/scroll',
      `{"limit":${limit}${offset === undefined ? '' : `,"offset":${offset}`},${JSON.stringify(fields).slice(1)}`,
    );
    offset = /"next_page_offset":("[^"]+"|\d+)/.exec(text.slice(-200))?.[1];
  } while (offset !== undefined);
}

function send(method: string, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url + path,
      { method, agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('latin1');
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function print(what: string, seconds: number): void {
  process.stdout.write(`${what}: ${Math.round(points / seconds).toLocaleString('en')} points/s\n`);
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

function residentMiB(pid: number, field = 'VmRSS'): number {
  const line = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

async function startLocal(): Promise<{ url: string; pid: number; stop: () => void }> {
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const found = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const address = /http:\/\/\S+/.exec(chunk.toString())?.[0];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () => reject(new Error('the local server did not start')));
  });
  return { url: found, pid: child.pid ?? 0, stop: () => child.kill() };
}
