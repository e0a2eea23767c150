import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { phases, waitKinds } from '@reembed/contracts';
import { type MetricRow, metricTable } from '@reembed/process/metric-table';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const rulesSchema = z.object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })) });
const dashboardSchema = z.object({
  templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

const rules = rulesSchema.parse(parse(read('deploy/prometheus/alerts.yaml'))).groups.flatMap((group) => group.rules);
const {
  panels,
  templating: { list: variables },
} = dashboardSchema.parse(JSON.parse(read('deploy/grafana/reembed.json')));
const expressions: [string, string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [`the alert ${alert}`, expr]),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [`the panel ${title}`, expr])),
];

/** The series that Prometheus keeps of a metric: three of a histogram. */
const series = new Map(
  Object.entries(metricTable).flatMap(([name, row]: [string, MetricRow]) =>
    (row.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map((end): [string, MetricRow] => [`${name}${end}`, row]),
  ),
);
/** What Prometheus adds by itself. */
const added = ['job', 'instance', 'le'];

describe.each(expressions)('%s', (_, expr) => {
  const selected = [...expr.matchAll(/\b(reembed_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({ name, matchers }));

  it('asks for metrics that exist', () => {
    expect(selected.length).toBeGreaterThan(0);
    expect(selected.filter(({ name }) => !series.has(name))).toEqual([]);
  });

  it('selects by labels that its metrics have, and groups by such', () => {
    const known = new Set([...added, ...selected.flatMap(({ name }) => series.get(name)?.labels ?? [])]);
    for (const { name, matchers } of selected) {
      const labels = [...matchers.matchAll(/(\w+)\s*[=!]~?/g)].map(([, label = '']) => label);
      expect([name, labels.filter((label) => !added.includes(label) && !series.get(name)?.labels.includes(label))]).toEqual([name, []]);
    }
    const grouped = [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim()),
    );
    expect(grouped.filter((label) => label !== '' && !known.has(label))).toEqual([]);
  });

  it('counts rates of what only grows', () => {
    const rated = [...expr.matchAll(/\b(?:rate|increase)\((reembed_\w+)/g)].map(([, name = '']) => name);
    expect(rated.filter((name) => series.get(name)?.type === 'gauge')).toEqual([]);
  });
});

it('phases and kinds of waits that alerts name are those that there are', () => {
  const named = (label: string) =>
    expressions.flatMap(([, expr]) =>
      [...expr.matchAll(new RegExp(`\\b${label}[=!]~?"([^"]*)"`, 'g'))].flatMap(([, list = '']) => list.split('|')),
    );
  expect(named('phase').filter((phase) => !(phases as readonly string[]).includes(phase))).toEqual([]);
  expect(named('kind').filter((kind) => !(waitKinds as readonly string[]).includes(kind))).toEqual([]);
});

it('commands that alerts name are those that there are', () => {
  const text = read('deploy/prometheus/alerts.yaml');
  const commands = [...text.matchAll(/reembed ([a-z-]+) \{\{/g)].map(([, name = '']) => name);
  const known = read('apps/cli/src/commands.ts');
  expect(commands.filter((name) => !known.includes(`'${name}`) && !known.includes(`${name} `))).toEqual([]);
});

const promtool = '/usr/bin/promtool';

// Debian's package `prometheus` has it; scripts/prepare-tests.sh installs it.
describe.runIf(existsSync(promtool))('promtool', () => {
  const run = (cwd: string, ...words: string[]) => execFileSync(promtool, words, { cwd, encoding: 'utf8' });

  it('finds nothing wrong with the rules, and they say what their tests want', () => {
    const folder = fileURLToPath(new URL('deploy/prometheus', root));
    expect(run(folder, 'check', 'rules', 'alerts.yaml')).toContain('SUCCESS');
    expect(run(folder, 'test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
  });

  it('reads every query of the dashboard, with what Grafana puts in the place of its variables', () => {
    const folder = mkdtempSync(join(tmpdir(), 'reembed-dashboard-'));
    const recorded = panels.flatMap(({ targets }) => targets).map(({ expr }, at) => ({ record: `panel:${at}`, expr: asAsked(expr) }));
    expect(recorded.filter(({ expr }) => expr.includes('$'))).toEqual([]);
    writeFileSync(join(folder, 'panels.yaml'), stringify({ groups: [{ name: 'panels', rules: recorded }] }));
    expect(run(folder, 'check', 'rules', 'panels.yaml')).toContain(`SUCCESS: ${recorded.length} rules found`);
    rmSync(folder, { recursive: true });
  });
});

/** A query as Prometheus gets it; a variable that the dashboard does not have stays. */
function asAsked(expr: string): string {
  return variables.reduce((asked, { name }) => asked.replaceAll(`$${name}`, '.*'), expr);
}
