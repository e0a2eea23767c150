import { setTimeout as sleep } from 'node:timers/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import { hideSecrets, withoutForeignWords } from '@reembed/contracts';

export type TraceSettings = {
  readonly tracesUrl?: string | undefined;
  readonly tracesShare: number;
};

/** How long what is left may take to be sent, in ms. */
const lastMs = 3_000;

/**
 * Sends spans of this process to an OpenTelemetry collector, where settings name one; what that takes is loaded only then (it wants Node 22.15). The
 * headers are read from OTEL_EXPORTER_OTLP_HEADERS by the exporter itself. Answers how to send what is left, and stop.
 */
export async function startTraces(name: string, version: string, { tracesUrl, tracesShare }: TraceSettings): Promise<() => Promise<void>> {
  if (tracesUrl === undefined) return async () => {};
  const [
    { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider },
    { OTLPTraceExporter },
    hooks,
    core,
    resources,
  ] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPTraceExporter({ url: `${tracesUrl.replace(/\/+$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': `reembed-${name}`, 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracesShare) }),
    spanProcessors: [wordsTakenOut(new BatchSpanProcessor({ exporter }))],
  });
  context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return async () => {
    // A collector that is away keeps nothing from ending.
    const sent = provider.shutdown().catch(() => undefined);
    await Promise.race([sent, sleep(lastMs, undefined, { ref: false })]);
    for (const api of [trace, propagation, context]) api.disable();
  };
}

type Processor = import('@opentelemetry/sdk-trace').SpanProcessor;

/** Before a span leaves: BullMQ says in its own what a job failed of, and that may quote anybody. */
function wordsTakenOut(next: Processor): Processor {
  const clean = (values: Record<string, unknown> | undefined) => {
    for (const [key, value] of Object.entries(values ?? {}))
      if (typeof value === 'string' && values !== undefined) values[key] = withoutForeignWords(hideSecrets(value));
  };
  return {
    onStart: (span, parent) => next.onStart(span, parent),
    onEnd(span) {
      clean(span.attributes);
      for (const event of span.events) clean(event.attributes);
      next.onEnd(span);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}
