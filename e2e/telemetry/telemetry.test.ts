import { readFileSync } from 'node:fs';
import { type CollectedSpan, startTestCollector } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { createSource, somePoints } from '../support/source-collection.ts';

test('a submission can be followed through its jobs to the provider and to Qdrant, and is counted on its way', async () => {
  await using collector = await startTestCollector();
  await using fleet = await startFleet({ tracesUrl: collector.url });
  const { http, api } = fleet;
  const [source, target] = [fleet.name('source'), fleet.name('target')];
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, somePoints(60));
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const spec = {
    name: 'traced',
    source: { collection: source },
    target: { collection: target },
    vectors: { '': { embed: { model: stubModel.name, text: '{{title}}' } } },
    copy: { rangePoints: 20 },
  };
  const parent = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  const { body } = await api.request<{ id: string }>('POST', '/v1/migrations', spec, parent);
  await api.until(body.id, 'ready');

  const inRange = (named: RegExp) =>
    eventually(`a span of a range, ${named}, arrives with all that it stands in`, () => {
      const ours = collector.spans.filter((span) => span.traceId === traceId);
      const found = ours.find(({ name, attributes }) => named.test(name) && attributes.some(({ key }) => key === 'reembed.seq'));
      const names = found === undefined ? [] : namesUpFrom(found, ours);
      return found !== undefined && names.at(-1) === 'POST /v1/migrations' ? { ...found, names } : null;
    });
  const embedded = await inRange(/^embed /);
  expect(embedded.names.slice(0, 3)).toEqual([`embed ${stubModel.name}`, 'range', expect.stringContaining(`ranges-${body.id}`)]);
  const written = await inRange(/^qdrant (PUT|.*Upsert)/);
  expect([written.service, written.names[1]]).toEqual(['reembed-worker', 'range']);
  expect(embedded.attributes).toContainEqual({ key: 'reembed.migration', value: { stringValue: body.id } });
  const sent = JSON.stringify(collector.spans);
  for (const { payload } of somePoints(60)) expect(sent).not.toContain(String((JSON.parse(payload) as { title?: string }).title));

  const metrics = await (await fetch(`${fleet.coordinatorUrl()}/metrics`)).text();
  expect(metrics).toContain(`reembed_migration_phase{migration="${body.id}",phase="ready"} 1`);
  expect(metrics).toContain(`reembed_migration_texts{migration="${body.id}"} 60`);

  // What the chart has KEDA read is a number there.
  const chart = readFileSync(new URL('../../deploy/helm/rendered/all.yaml', import.meta.url), 'utf8');
  const [, place = ''] = /valueLocation: (\S+)/.exec(chart) ?? [];
  expect(await (await fetch(`${fleet.coordinatorUrl()}/v1/autoscale`)).json()).toHaveProperty(place, expect.any(Number));
});

/** The names of a span and of those that it stands in, from the innermost. */
function namesUpFrom(span: CollectedSpan, all: readonly CollectedSpan[]): string[] {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent === undefined ? [] : namesUpFrom(parent, all))];
}
