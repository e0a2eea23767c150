import { meterIdle } from '../idle-meter.ts';
import { runMeasuredWorker } from '../run-measured-worker.ts';
import { withInstantEmbedders } from './instant-embedder.ts';

/** The worker as it is, and what it costs over a span of time that it is told. */
export type IdleTask = { readonly ms: number };

const dimensions = Number(process.argv[2]);
process.on('message', ({ ms }: IdleTask) => {
  void meterIdle(ms).then((measured) => process.send?.({ measured }));
});

await runMeasuredWorker('idle-worker', ({ catalogue, ...rest }) => ({ ...rest, catalogue: withInstantEmbedders(catalogue, dimensions) }));
