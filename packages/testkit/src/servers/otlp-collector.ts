import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

// Loose, so that what is sent besides is kept, too: a secret may be in an event, or in a status.
const value = z.looseObject({ stringValue: z.string().optional(), intValue: z.number().optional() });
const attributes = z.array(z.object({ key: z.string(), value }));
const spanSchema = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes,
});
const bodySchema = z.object({
  resourceSpans: z.array(z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
});

export type CollectedSpan = z.infer<typeof spanSchema> & { readonly service: string };

/** An OpenTelemetry collector that only keeps what it is sent, by OTLP over http with JSON. */
export type TestCollector = AsyncDisposable & { readonly url: string; readonly spans: CollectedSpan[] };

export async function startTestCollector(): Promise<TestCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer(async (request, reply) => {
    for (const { resource, scopeSpans } of bodySchema.parse(await json(request)).resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))));
    }
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
