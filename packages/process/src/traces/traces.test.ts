import { trace } from '@opentelemetry/api';
import { keepSecret, quoteForeign } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { startTestCollector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { namesForLog, within, withNames, withSpan } from './spans.ts';
import { startTraces } from './start-traces.ts';

describe('traces', () => {
  it('go to the collector that is named: spans within spans, by what they belong to, errors by their code', async () => {
    await using collector = await startTestCollector();
    const stop = await startTraces('worker', '1.2.3', { tracesUrl: `${collector.url}/`, tracesShare: 1 });
    const parent = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const lines: object[] = [];
    await within(parent, () =>
      withNames({ migration: 'm1', pass: 2, seq: 7 }, () =>
        withSpan('range', {}, async () => {
          await withSpan('qdrant scroll', { kind: 'client', attributes: { 'db.system.name': 'qdrant' } }, async () => {
            await Promise.resolve();
            lines.push(namesForLog());
          });
          const refused = withSpan('embed a/b', { kind: 'client' }, () =>
            Promise.reject(new ReembedError('provider-rate-limited', 'of this text')),
          );
          await refused.catch(() => undefined);
        }),
      ),
    );
    await stop();
    const [scroll, embed, range] = collector.spans;
    expect([scroll?.name, embed?.name, range?.name]).toEqual(['qdrant scroll', 'embed a/b', 'range']);
    expect([range?.traceId, range?.parentSpanId]).toEqual(['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']);
    expect([scroll?.parentSpanId, embed?.parentSpanId]).toEqual([range?.spanId, range?.spanId]);
    expect(range?.attributes).toContainEqual({ key: 'reembed.migration', value: { stringValue: 'm1' } });
    expect(embed?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'provider-rate-limited' } });
    expect(JSON.stringify(collector.spans)).not.toContain('of this text');
    expect(new Set(collector.spans.map(({ service }) => service))).toEqual(new Set(['reembed-worker']));
    expect(lines).toEqual([{ migration: 'm1', pass: 2, seq: 7, trace_id: range?.traceId, span_id: scroll?.spanId }]);
  });

  it('carry no secret of this process, and no words of others, whoever puts them there', async () => {
    keepSecret('a-secret-of-this-process');
    await using collector = await startTestCollector();
    const stop = await startTraces('worker', '1.2.3', { tracesUrl: collector.url, tracesShare: 1 });
    await withSpan('job', {}, async () => {
      const said = `failed of ${quoteForeign('the words of a server')} with a-secret-of-this-process`;
      trace.getActiveSpan()?.setAttribute('bullmq.job.failed.reason', said);
      trace.getActiveSpan()?.addEvent('failed', { reason: said });
    });
    await stop();
    const sent = JSON.stringify(collector.spans);
    expect(sent).toContain('failed of ');
    for (const word of ['a-secret-of-this-process', 'the words of a server']) expect(sent).not.toContain(word);
  });

  it('are as few as is asked for, and those of a caller as it says', async () => {
    await using collector = await startTestCollector();
    const stop = await startTraces('coordinator', '1.2.3', { tracesUrl: collector.url, tracesShare: 0 });
    await withSpan('of ours', {}, async () => {});
    await within({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, () =>
      withSpan('of a caller', {}, async () => {}),
    );
    await stop();
    expect(collector.spans.map(({ name }) => name)).toEqual(['of a caller']);
  });

  it('are off where nothing names a collector: no span, and no trace in the log', async () => {
    const stop = await startTraces('worker', '1.2.3', { tracesShare: 1 });
    await withSpan('of nobody', {}, async () => {
      expect(trace.getActiveSpan()?.isRecording() ?? false).toBe(false);
      expect(namesForLog()).toEqual({});
    });
    await stop();
  });

  it('keep no process from ending where the collector is away', async () => {
    const stop = await startTraces('worker', '1.2.3', { tracesUrl: 'http://127.0.0.1:9', tracesShare: 1 });
    await withSpan('of nobody', {}, async () => {});
    await expect(stop()).resolves.toBeUndefined();
  });
});
