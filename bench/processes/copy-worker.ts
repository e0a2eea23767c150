import type { Carrier, Points } from '@reembed/core';
import { type Meter, startMeter } from '../measurement.ts';
import { runMeasuredWorker } from '../run-measured-worker.ts';
import { withInstantEmbedders } from './instant-embedder.ts';

/** The worker as it is, with an instant embedder, and a meter that runs from its first read to its last acknowledged write. */
export type CopyTask = { readonly points: number };

const dimensions = Number(process.argv[2]);
let expected = 0;
let acknowledged = 0;
let meter: Meter | null = null;

function metered(points: Points): Points {
  return {
    ...points,
    async scroll(collection, request) {
      meter ??= startMeter(expected);
      return points.scroll(collection, request);
    },
    async insertOnly(collection, written, signal) {
      await points.insertOnly(collection, written, signal);
      acknowledge(written.length);
    },
  };
}

function meteredCarrier(carrier: Carrier): Carrier {
  return {
    ...carrier,
    async read(collection, request) {
      meter ??= startMeter(expected);
      return carrier.read(collection, request);
    },
    async insertOnly(collection, page) {
      await carrier.insertOnly(collection, page);
      acknowledge(page.ids.length);
    },
  };
}

function acknowledge(points: number): void {
  acknowledged += points;
  meter?.add(points);
  if (acknowledged === expected) process.send?.({ measured: meter?.read() });
}

process.on('message', (task: CopyTask) => {
  expected = task.points;
  acknowledged = 0;
  meter = null;
});

await runMeasuredWorker('copy-worker', ({ points, binary, catalogue, ...rest }) => ({
  ...rest,
  points: metered(points),
  binary: { ...binary, points: metered(binary.points), carrier: meteredCarrier(binary.carrier) },
  catalogue: withInstantEmbedders(catalogue, dimensions),
}));
