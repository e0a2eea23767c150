import { AsyncLocalStorage } from 'node:async_hooks';
import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { isReembedError } from '@reembed/core';

/** What work in hand belongs to: it stands in every line of the log, and in every span. */
export type WorkNames = { readonly migration?: string; readonly pass?: number; readonly seq?: number; readonly phase?: string };

const names = new AsyncLocalStorage<WorkNames>();

const kinds = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT, server: SpanKind.SERVER };

export type SpanOptions = { readonly attributes?: Attributes; readonly kind?: keyof typeof kinds };

/**
 * Runs something as a span of the trace under way, if traces are on; without, it only runs. Attributes say what is asked of whom, never what: no text, no
 * point, no key. An error is told by its code.
 */
export function withSpan<T>(name: string, { attributes = {}, kind = 'internal' }: SpanOptions, run: () => Promise<T>): Promise<T> {
  const options = { attributes: { ...namesAsAttributes(), ...attributes }, kind: kinds[kind] };
  return trace.getTracer('reembed').startActiveSpan(name, options, async (span) => {
    try {
      return await run();
    } catch (error) {
      const code = isReembedError(error) ? error.code : 'other';
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Everything that is logged meanwhile says what it belongs to. */
export function withNames<T>(work: WorkNames, run: () => Promise<T>): Promise<T> {
  return names.run(work, run);
}

/** For every line of the log: what the work in hand belongs to, and its trace where there is one. */
export function namesForLog(): object {
  const ids = trace.getSpanContext(context.active());
  return { ...names.getStore(), ...(ids === undefined ? {} : { trace_id: ids.traceId, span_id: ids.spanId }) };
}

/** Runs something as a part of the trace that a caller says it belongs to, by the headers of W3C Trace Context. */
export function within<T>(headers: Readonly<Record<string, unknown>>, run: () => T): T {
  return context.with(propagation.extract(context.active(), headers), run);
}

function namesAsAttributes(): Attributes {
  return Object.fromEntries(Object.entries(names.getStore() ?? {}).map(([name, value]) => [`reembed.${name}`, value]));
}
