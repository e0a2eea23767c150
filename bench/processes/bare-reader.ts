import type { PointId } from '@reembed/contracts';
import { createBinaryRoad, createQdrantPoints } from '@reembed/qdrant';
import { Pool } from 'undici';
import { startMeter } from '../measurement.ts';

/**
 * Reads collections of the points 0 to `points` whole, all at once, and looks at nothing: JSON that is thrown away, or with `grpcUrl` pages of bytes. Each
 * of the streams takes a part of the ids and reads it in every collection, page beside page.
 */
export type BareRead = {
  readonly url: string;
  readonly grpcUrl: string | null;
  readonly sides: readonly { readonly collection: string; readonly vectors: readonly string[] }[];
  readonly points: number;
};

const streams = 4;
const limit = 256;

type ReadPage = (side: BareRead['sides'][number], from: number, to: number) => Promise<unknown>;

async function read({ url, grpcUrl, sides, points }: BareRead) {
  const page = grpcUrl === null ? overRest(url) : overGrpc(url, grpcUrl);
  const bound = (at: number) => Math.ceil((points / streams) * at);
  const meter = startMeter(points);
  const stream = async (at: number) => {
    for (let from = bound(at); from < bound(at + 1); from += limit) {
      const to = Math.min(from + limit, bound(at + 1));
      await Promise.all(sides.map((side) => page(side, from, to)));
      meter.add(to - from);
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, at) => stream(at)));
  return meter.read();
}

function overRest(url: string): ReadPage {
  const pool = new Pool(url, { connections: streams * 2 });
  return async ({ collection, vectors }, from, to) => {
    const body = JSON.stringify({ offset: from, limit: to - from, with_payload: true, with_vector: vectors.length > 0 && vectors });
    const headers = { 'content-type': 'application/json' };
    const answer = await pool.request({ method: 'POST', path: `/collections/${collection}/points/scroll`, headers, body });
    await answer.body.dump({ limit: Number.MAX_SAFE_INTEGER });
    if (answer.statusCode !== 200) throw new Error(`the scroll was answered with ${answer.statusCode}`);
  };
}

function overGrpc(url: string, grpcUrl: string): ReadPage {
  const address = { url, grpcUrl, requestTimeoutMs: 60_000 };
  const { carrier } = createBinaryRoad({ ...address, rest: createQdrantPoints({ ...address, connections: 1 }) });
  const integer = (id: number): PointId => ({ kind: 'integer', id: String(id) });
  return ({ collection, vectors }, from, to) =>
    carrier.read(collection, { offset: integer(from), limit: to - from, end: integer(to), vectors });
}

process.once('message', (task: BareRead) => {
  void read(task).then((measured) => {
    process.send?.({ measured });
    process.exit();
  });
});
process.send?.({ ready: true });
