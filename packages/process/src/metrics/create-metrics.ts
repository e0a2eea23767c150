import { hideSecrets } from '@reembed/contracts';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { packageVersion } from '../package-version.ts';
import { type LabelsOf, type MeasuredApp, type MetricName, type MetricOf, type MetricRow, metricTable } from './metric-table.ts';

/** The metrics of one process: those of the table that are its own. Naming one of another process is a bug, and throws. */
export type Metrics = {
  add<Name extends MetricOf<'counter'>>(name: Name, labels: LabelsOf<Name>, amount?: number): void;
  set<Name extends MetricOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  observe<Name extends MetricOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, seconds: number): void;
  /** Forgets all values of a gauge. */
  reset(name: MetricOf<'gauge'>): void;
  /** Looks before it is read; what it throws is the answer of whoever reads. */
  beforeRead(look: () => Promise<void>): void;
  /** As Prometheus reads it. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** In seconds: what Qdrant answers at once, and what takes as long as a request may. */
const buckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Values that one label may have, in one process. */
const mostValues = 100;

/** A registry of its own, with nothing of the library's global one: a process may have several, one after the other. */
export function createMetrics(app: MeasuredApp): Metrics {
  const registry = new Registry();
  const rows = Object.entries(metricTable).filter(([, row]: [string, MetricRow]) => row.of.includes(app));
  const made = new Map(rows.map(([name, row]) => [name, makeMetric(registry, name, row)]));
  const find = <Kind>(name: MetricName, kind: new (...args: never[]) => Kind): Kind => {
    const metric = made.get(name);
    if (metric instanceof kind) return metric;
    throw new Error(`${name} is no metric of a ${app}`);
  };
  const bounded = createBoundedLabels();
  const looks: (() => Promise<void>)[] = [];
  const metrics: Metrics = {
    add: (name, labels, amount = 1) => find(name, Counter).inc(bounded(labels), amount),
    set: (name, labels, value) => find(name, Gauge).set(bounded(labels), value),
    observe: (name, labels, seconds) => find(name, Histogram).observe(bounded(labels), seconds),
    reset(name) {
      const gauge = find(name, Gauge);
      gauge.reset();
      // The library gives a gauge without labels a 0, which nobody has seen.
      if (metricTable[name].labels.length === 0) gauge.remove();
    },
    beforeRead: (look) => void looks.push(look),
    async read() {
      await Promise.all(looks.map((look) => look()));
      return { contentType: registry.contentType, text: hideSecrets(await registry.metrics()) };
    },
  };
  metrics.set('reembed_build_info', { version: packageVersion(new URL('../../package.json', import.meta.url)) }, 1);
  return metrics;
}

function makeMetric(registry: Registry, name: string, { type, help, labels }: MetricRow) {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  if (type === 'counter') return new Counter(options);
  return type === 'gauge' ? new Gauge(options) : new Histogram({ ...options, buckets });
}

/**
 * Names of models come from specs, and at a gateway from whoever writes the metadata of a collection: each makes a series that Prometheus keeps for ever.
 * A value that is no name, and every new one past a hundred, counts as `other`.
 */
function createBoundedLabels(): (labels: Readonly<Record<string, string>>) => Record<string, string> {
  const seen = new Map<string, Set<string>>();
  const bound = (label: string, value: string) => {
    const values = seen.get(label) ?? new Set();
    seen.set(label, values);
    if (values.has(value)) return value;
    if (values.size >= mostValues || !/^[\w@ .:/{}+-]{1,120}$/.test(value)) return 'other';
    values.add(value);
    return value;
  };
  return (labels) => Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, bound(label, value)]));
}
