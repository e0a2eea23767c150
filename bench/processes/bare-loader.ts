import { Pool } from 'undici';
import { startMeter } from '../measurement.ts';
import { createSourcePoints, type SourcePoint } from '../source-points.ts';

/**
 * Fills a collection as a good loader written by hand does: plain HTTP, four streams, 256 points a request, floats of nine significant
 * digits. With `prepared`, bodies are built before the clock starts: what the server takes, whatever the client costs.
 */
export type BareLoad = {
  readonly url: string;
  readonly collection: string;
  readonly from: number;
  readonly points: number;
  readonly dimensions: number;
  readonly prepared: boolean;
};

const streams = 4;
const batchPoints = 256;

async function load({ url, collection, from, points, dimensions, prepared }: BareLoad) {
  const pool = new Pool(url, { connections: streams });
  const pointOf = createSourcePoints(dimensions);
  const starts = Array.from({ length: Math.ceil(points / batchPoints) }, (_, batch) => from + batch * batchPoints);
  const countAt = (start: number) => Math.min(batchPoints, from + points - start);
  const build = (start: number) => bodyOf(Array.from({ length: countAt(start) }, (_, at) => pointOf(start + at)));
  const ready = prepared ? new Map(starts.map((start) => [start, Buffer.from(build(start))])) : null;
  const meter = startMeter(points);
  const queue = starts.values();
  const stream = async () => {
    for (const start of queue) {
      const { statusCode, body } = await pool.request({
        method: 'PUT',
        path: `/collections/${collection}/points?wait=true`,
        headers: { 'content-type': 'application/json' },
        body: ready?.get(start) ?? build(start),
      });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`the upsert was answered with ${statusCode}: ${answer}`);
      meter.add(countAt(start));
    }
  };
  await Promise.all(Array.from({ length: streams }, stream));
  const measured = meter.read();
  await pool.close();
  return measured;
}

function bodyOf(points: readonly SourcePoint[]): string {
  const texts = points.map(({ id, vector, payload }) => `{"id":${id},"vector":${vectorText(vector)},"payload":${JSON.stringify(payload)}}`);
  return `{"points":[${texts.join(',')}]}`;
}

/** Nine significant digits are exact for a float32; as doubles, JSON.stringify would write seventeen. */
function vectorText(vector: Float32Array): string {
  let text = '[';
  for (const value of vector) text += `${text.length === 1 ? '' : ','}${value.toPrecision(9)}`;
  return `${text}]`;
}

process.once('message', (task: BareLoad) => {
  void load(task).then((measured) => {
    process.send?.({ measured });
    process.disconnect();
  });
});
process.send?.({ ready: true });
