import type { PointId } from '@reembed/contracts';
import type { CarriedPage } from '@reembed/core';
import { createBinaryRoad, createQdrantPoints } from '@reembed/qdrant';
import { startMeter } from '../measurement.ts';

/**
 * Pages over gRPC with nothing around them: no queue, no checkpoints, no rules. With `prepared` they are read before the clock starts, and only
 * written while it runs.
 */
export type BareCarry = {
  readonly url: string;
  readonly grpcUrl: string;
  readonly source: string;
  readonly target: string;
  readonly points: number;
  readonly prepared: boolean;
};

const streams = 4;
const limit = 256;
const integer = (id: number): PointId => ({ kind: 'integer', id: String(id) });

async function carry({ url, grpcUrl, source, target, points, prepared }: BareCarry) {
  const address = { url, grpcUrl, requestTimeoutMs: 60_000 };
  const { carrier } = createBinaryRoad({ ...address, rest: createQdrantPoints({ ...address, connections: 1 }) });

  async function* pages(stream: number): AsyncGenerator<CarriedPage> {
    const bound = (at: number) => integer(Math.ceil((points / streams) * at));
    const read = (offset: PointId) => carrier.read(source, { offset, limit, end: bound(stream + 1), vectors: [''] });
    for (let ahead: Promise<CarriedPage | null> | null = read(bound(stream)); ahead !== null; ) {
      const page: CarriedPage | null = await ahead;
      if (page === null) throw new Error('a page cannot go over gRPC');
      ahead = page.next === null ? null : read(page.next);
      ahead?.catch(() => undefined);
      yield page;
    }
  }

  const all = Array.from({ length: streams }, (_, stream) => pages(stream));
  const ready = prepared ? await Promise.all(all.map(collected)) : all;
  const meter = startMeter(points);
  await Promise.all(
    ready.map(async (one) => {
      for await (const page of one) {
        await carrier.insertOnly(target, page);
        meter.add(page.ids.length);
      }
    }),
  );
  return meter.read();
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

process.once('message', (task: BareCarry) => {
  void carry(task).then((measured) => {
    process.send?.({ measured });
    process.exit();
  });
});
process.send?.({ ready: true });
