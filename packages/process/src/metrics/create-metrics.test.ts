import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keepSecret } from '@reembed/contracts';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './create-metrics.ts';
import { type MeasuredApp, type MetricRow, metricTable } from './metric-table.ts';

const rows: readonly [string, MetricRow][] = Object.entries(metricTable);
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const namesIn = (text: string) => [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);

describe.each<MeasuredApp>(['coordinator', 'worker', 'gateway'])('a %s', (app) => {
  it('has the metrics that the table says, each under its type, and no other', async () => {
    const { text } = await createMetrics(app).read();
    expect(namesIn(text)).toEqual(rows.filter(([, { of }]) => of.includes(app)).map(([name, { type }]) => [name, type]));
  });

  it('counts none that is not its own', () => {
    const others = rows.filter(([, { of, type }]) => !of.includes(app) && type === 'gauge').map(([name]) => name as 'reembed_workers');
    for (const name of others) expect(() => createMetrics(app).set(name, {}, 1)).toThrow(`${name} is no metric of a ${app}`);
  });
});

it('each metric of the table is measured somewhere by each app that has it', () => {
  const folders = { coordinator: 'apps/coordinator', worker: 'apps/worker', gateway: 'apps/gateway' };
  const sourcesOf = (folder: string) =>
    globSync(`${folder}/src/**/*.ts`, { cwd: root })
      .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('metric-table.ts'))
      .map((file) => readFileSync(`${root}/${file}`, 'utf8'))
      .join('\n');
  const shared = sourcesOf('packages/process');
  for (const [name, { of }] of rows)
    for (const app of of) expect([name, app, `${shared}${sourcesOf(folders[app])}`.includes(`'${name}'`)]).toEqual([name, app, true]);
});

it('names say what Prometheus expects of them: counters end in _total, and what is timed in _seconds', () => {
  for (const [name, { type, help }] of rows) {
    expect(name).toMatch(/^reembed_[a-z_]+$/);
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/\.$/);
  }
});

it('a process has a registry of its own, and leaves nothing in that of the library', async () => {
  const [one, other] = [createMetrics('worker'), createMetrics('worker')];
  one.add('reembed_texts_total', { model: 'a/b' }, 3);
  expect((await one.read()).text).toContain('reembed_texts_total{model="a/b"} 3\n');
  expect((await other.read()).text).not.toContain('a/b');
  expect(register.getMetricsAsArray()).toEqual([]);
});

describe('what somebody else wrote', () => {
  const modelsIn = (text: string) =>
    [...text.matchAll(/reembed_texts_total\{model="(.*)"\} (\d+)/g)].map(([, model, count]) => [model, count]);

  it('makes at most a hundred series, and the rest counts as other', async () => {
    const metrics = createMetrics('gateway');
    for (let at = 0; at < 250; at++) metrics.add('reembed_texts_total', { model: `of/${at}` });
    metrics.add('reembed_texts_total', { model: 'of/0' });
    const found = modelsIn((await metrics.read()).text);
    expect(found).toHaveLength(101);
    expect(found).toContainEqual(['of/0', '2']);
    expect(found).toContainEqual(['other', '150']);
  });

  it.each(['a\nb 1', '"} 1', '', 'x'.repeat(121)])('is no label where it is no name: %j', async (model) => {
    const metrics = createMetrics('gateway');
    metrics.add('reembed_texts_total', { model });
    expect(modelsIn((await metrics.read()).text)).toEqual([['other', '1']]);
  });

  it('says no secret', async () => {
    keepSecret('a-secret-of-this-process');
    const metrics = createMetrics('gateway');
    metrics.add('reembed_texts_total', { model: 'a-secret-of-this-process' });
    expect((await metrics.read()).text).not.toContain('a-secret-of-this-process');
  });
});
