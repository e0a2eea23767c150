import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { QdrantClient } from '@qdrant/js-client-rest';

/** The same application as application.py, with Qdrant's client for TypeScript. */

type Payload = { title: string; body: string; seen: number };
type Document = { id: number; payload: Payload };

const [urls, alias, firstId, documents] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [
  string[],
  string,
  number,
  Document[],
];
const clients = urls.map((url) => new QdrantClient({ url, checkCompatibility: false, timeout: 20_000 }));
const stored: Record<string, Payload | null> = {};
const report = { searches: 0, writes: 0, torn: 0, failed: [] as string[], mixed: [] as string[], stored };
let stopped = false;

const textOf = ({ title, body }: Payload) => `${title}\n\n${body}`;
const document = (text: string) => ({ text, model: 'auto' });

/** A request whose gateway is killed is sent to the other one: it is in doubt, not failed. */
async function ask<Answer>(
  act: (client: QdrantClient) => Promise<Answer>,
  counted: 'searches' | 'writes',
  at: number,
): Promise<Answer | null> {
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      const answer = await act(clients[(at + attempt) % clients.length] as QdrantClient);
      report[counted]++;
      return answer;
    } catch (error) {
      if (
        !(error instanceof TypeError && error.message === 'fetch failed') &&
        !String((error as Error).cause ?? error).includes('other side closed')
      ) {
        report.failed.push(`${counted}: ${String(error)} ${JSON.stringify((error as { data?: unknown }).data)}`.slice(0, 500));
        return null;
      }
      report.torn++;
      await sleep(100);
    }
  }
  throw new Error('no gateway answers');
}

async function search(at: number): Promise<void> {
  const wanted = documents[at % documents.length] as Document;
  const found = await ask(
    async (client) => (await client.query(alias, { query: document(textOf(wanted.payload)), limit: 1 })).points,
    'searches',
    at,
  );
  if (found === null) return;
  const [hit] = found;
  if (hit === undefined || hit.id !== wanted.id || hit.score <= 0.999) report.mixed.push(`${wanted.id}: ${JSON.stringify(found)}`);
}

async function write(at: number): Promise<void> {
  const id = firstId + (Math.floor(at / 4) % 40);
  const before = stored[id];
  let payload: Payload | null = { title: `TypeScript ${id}`, body: `edition ${at}`, seen: 0 };
  const upserted = payload;
  let act = async (client: QdrantClient): Promise<unknown> =>
    client.upsert(alias, { wait: true, points: [{ id, vector: document(textOf(upserted)), payload: upserted }] });
  if (at % 4 === 2 && before) {
    payload = { ...before, seen: at };
    act = (client) => client.setPayload(alias, { wait: true, payload: { seen: at }, points: [id] });
  } else if (at % 8 === 3 && before) {
    payload = null;
    act = (client) => client.delete(alias, { wait: true, points: [id] });
  }
  if ((await ask(act, 'writes', at)) !== null) stored[id] = payload;
}

const underWay = new Set<Promise<void>>();
async function atPace(perSecond: number, act: (at: number) => Promise<void> | void): Promise<void> {
  const started = performance.now();
  for (let done = 0; !stopped; ) {
    if (performance.now() - started >= (done * 1_000) / perSecond) {
      await act(done);
      done++;
    } else await sleep(5);
  }
}

const searching = (at: number) => {
  // A machine that is too slow for the pace gets a smaller load.
  if (underWay.size >= 16) return;
  const one: Promise<void> = search(at).finally(() => underWay.delete(one));
  underWay.add(one);
};
const paces = [atPace(35, searching), atPace(15, write)];
await once(process.stdin.resume(), 'end');
stopped = true;
await Promise.all(paces);
await Promise.all(underWay);
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
