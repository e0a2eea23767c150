import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coordinatorSettingsSchema, gatewaySettingsSchema, settingsFromEnv, settingsOf, workerSettingsSchema } from '@reembed/contracts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { routeRules } from './people/route-rules.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const chart = `${root}deploy/helm/reembed`;
const read = (path: string) => readFileSync(`${root}deploy/helm/${path}`, 'utf8');

const env = z.array(z.object({ name: z.string(), value: z.string().optional() }).loose());
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }).optional() }).loose();
const containerSchema = z
  .object({
    name: z.string(),
    args: z.array(z.string()).default([]),
    env,
    envFrom: z.array(z.object({ secretRef: z.object({ name: z.string() }) })).default([]),
    ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
    securityContext: z.unknown(),
    livenessProbe: probe,
    readinessProbe: probe,
    resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  })
  .loose();
const podSchema = z
  .object({
    securityContext: z.unknown(),
    automountServiceAccountToken: z.boolean(),
    terminationGracePeriodSeconds: z.int().default(30),
    containers: z.array(containerSchema),
  })
  .loose();
const objectSchema = z
  .object({ kind: z.string(), apiVersion: z.string(), metadata: z.object({ name: z.string() }).loose(), spec: z.unknown() })
  .loose();

const apps = { coordinator: coordinatorSettingsSchema, worker: workerSettingsSchema, gateway: gatewaySettingsSchema } as const;

function rendered(name: string) {
  const objects = parseAllDocuments(read(`rendered/${name}.yaml`)).flatMap(
    (document) => objectSchema.safeParse(document.toJS()).data ?? [],
  );
  const pods = objects.flatMap(({ kind, metadata, spec }) =>
    kind === 'Deployment' || kind === 'StatefulSet'
      ? [{ name: metadata.name, pod: z.object({ template: z.object({ spec: podSchema }) }).parse(spec).template.spec }]
      : [],
  );
  return { objects, pods };
}

const sets = ['least', 'all'];

it('was rendered, and linted, as it is now', () => {
  const files = globSync('**/*', { cwd: chart, withFileTypes: true, exclude: (file) => file.name === 'README.md' }).filter((file) =>
    file.isFile(),
  );
  const hidden = existsSync(`${chart}/.helmignore`) ? ['.helmignore'] : [];
  const paths = new Set([...files.map((file) => join(file.parentPath, file.name).slice(chart.length + 1)), ...hidden]);
  const sums = [...paths]
    .map((path) => `./${path}`)
    .sort()
    .map(
      (path) =>
        `${createHash('sha256')
          .update(readFileSync(`${chart}/${path}`))
          .digest('hex')}  ${path}\n`,
    );
  const hash = createHash('sha256').update(sums.join('')).digest('hex');
  for (const name of sets)
    expect(read(`rendered/${name}.yaml`).split('\n')[0], 'run scripts/render-chart.sh').toBe(`# of the chart ${hash}`);
});

it('knows every value, and refuses what it does not know', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(read('reembed/values.schema.json')));
  const values = parse(read('reembed/values.yaml'));
  expect([validate(values), validate.errors]).toEqual([true, null]);
  for (const wrong of [{ worker: { replica: 2 } }, { qdrant: { url: 'ftp://x' } }, { existingSecret: '' }, { worker: { concurrency: 0 } }])
    expect([wrong, validate(wrong)]).toEqual([wrong, false]);
});

describe.each(sets)('the chart with %s values', (name) => {
  const { objects, pods } = rendered(name);

  it('runs nothing as root, writes beside volumes nowhere, and has no rights', () => {
    expect(pods.length).toBeGreaterThan(1);
    for (const { pod } of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const { securityContext } of pod.containers)
        expect(securityContext).toEqual({
          ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, privileged: false },
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('has no secret in it but by the name of one that exists', () => {
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    for (const { env } of pods.flatMap(({ pod }) => pod.containers))
      for (const { name: variable, value } of env)
        if (/TOKEN|KEY|PASSWORD|AUTH$/.test(variable)) expect([variable, value]).toEqual([variable, undefined]);
  });

  const containers = pods.flatMap(({ pod }) => pod.containers.flatMap((one) => (one.name in apps ? [{ pod, ...one }] : [])));

  it.each(containers.map((one) => [one.name, one] as const))(
    'starts a %s with settings that it reads, and that are valid',
    (app, { args, env, pod }) => {
      const schema = apps[app as keyof typeof apps];
      const known = settingsOf(schema).map(({ meta }) => meta.env);
      const given = env.map((one) => one.name);
      expect(args).toEqual([app]);
      expect(given.filter((variable) => !known.includes(variable) && variable !== 'REDIS_PASSWORD')).toEqual([]);
      const values = Object.fromEntries(
        env.map((one) => [one.name, one.value ?? (one.name === 'REDIS_URL' ? 'redis://r:6379' : 'a-secret-of-a-length')]),
      );
      const settings = schema.parse(settingsFromEnv(schema, values));
      if ('graceMs' in settings) expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(settings.graceMs);
    },
  );

  it.each(containers.map((one) => [one.name, one] as const))(
    'asks a %s where it answers whether it is well',
    (app, { ports, livenessProbe, readinessProbe, env }) => {
      const port = (asked: typeof livenessProbe) => ports.find((one) => one.name === asked.httpGet?.port)?.containerPort;
      const said = env.find((one) => one.name === (app === 'coordinator' ? 'REEMBED_PORT' : 'REEMBED_STATUS_PORT'))?.value;
      expect([port(livenessProbe), port(readinessProbe)].map(String)).toEqual([said, said]);
      expect(livenessProbe.httpGet?.path).toBe(app === 'gateway' ? '/livez' : '/healthz');
      expect(readinessProbe.httpGet?.path).toBe(app === 'coordinator' ? '/readyz' : '/healthz');
    },
  );

  it('gives keys of providers to workers and gateways alone', () => {
    const withKeys = containers.filter(({ envFrom }) => envFrom.length > 0).map((one) => one.name);
    expect(withKeys.toSorted()).toEqual(name === 'least' ? [] : ['gateway', 'worker']);
  });

  it('lets pods be connected to and connect by what they need alone, and nodes be drained', () => {
    const named = (kind: string) => objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
    expect(named('NetworkPolicy').toSorted()).toEqual(pods.map((one) => one.name).toSorted());
    expect(named('PodDisruptionBudget').toSorted()).toEqual(containers.map((one) => `reembed-${one.name}`).toSorted());
  });
});

it('scales workers by what the coordinator answers, at a route that a viewer may ask', () => {
  const { objects } = rendered('all');
  const { spec } = objects.find(({ kind }) => kind === 'ScaledObject') ?? expect.fail('no ScaledObject');
  const trigger = z.object({ triggers: z.array(z.object({ type: z.string(), metadata: z.record(z.string(), z.string()) })) }).parse(spec)
    .triggers[0];
  expect(trigger?.type).toBe('metrics-api');
  const url = new URL(trigger?.metadata.url ?? '');
  expect(routeRules[`GET ${url.pathname}`]).toEqual({ role: 'viewer' });
  expect(objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => `${metadata.name}.reembed.svc`)).toContain(url.hostname);
  const worker = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'reembed-worker');
  expect(worker?.spec).not.toHaveProperty('replicas');
  expect(
    rendered('least').objects.find(({ metadata, kind }) => kind === 'Deployment' && metadata.name === 'reembed-worker')?.spec,
  ).toMatchObject({ replicas: 2 });
});

const python = `${root}.venv/bin/python`;
const validates = existsSync(python) && spawnSync(python, ['-c', 'import kubernetes_validate, yaml']).status === 0;

// scripts/prepare-tests.sh installs it.
it.runIf(validates)('is made of objects as Kubernetes has them, to the letter', () => {
  const script = `
import sys, yaml, kubernetes_validate
for path in sys.argv[1:]:
    for found in yaml.safe_load_all(open(path)):
        if found and found['apiVersion'].split('/')[0] not in ('keda.sh', 'monitoring.coreos.com'):
            kubernetes_validate.validate(found, '1.31', strict=True)
`;
  execFileSync(python, ['-c', script, ...sets.map((name) => `${root}deploy/helm/rendered/${name}.yaml`)]);
});

const { REEMBED_TEST_KEDA: keda = '', REEMBED_TEST_PROMETHEUS_OPERATOR: operator = '' } = process.env;
const definitionSchema = z.object({
  spec: z.object({
    versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }) })),
  }),
});

/** A cluster drops a field that a definition does not know without a word. Here it is a fault. */
function withoutOthers(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(withoutOthers);
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withoutOthers(value)]));
  const isClosed = 'type' in schema && schema.type === 'object' && 'properties' in schema && !('additionalProperties' in schema);
  return isClosed && !('x-kubernetes-preserve-unknown-fields' in schema) ? { ...inner, additionalProperties: false } : inner;
}

// scripts/check-deployment.sh has the Go modules of both, with the definitions that a cluster is given.
describe.runIf(keda !== '' && operator !== '')('what KEDA and the Prometheus operator read of the chart', () => {
  const { objects } = rendered('all');
  const definitions = globSync([`${keda}/config/crd/bases/*.yaml`, `${operator}/example/prometheus-operator-crd/*.yaml`]);
  const theirs = objects.filter(({ apiVersion }) => /^(keda\.sh|monitoring\.coreos\.com)\//.test(apiVersion));

  it.each(['ScaledObject', 'TriggerAuthentication', 'PodMonitor'])(
    'is a %s by their definition, without a field that it does not know',
    (kind) => {
      const those = theirs.filter((one) => one.kind === kind);
      expect(those.length).toBeGreaterThan(0);
      for (const object of those) {
        const [group, version] = object.apiVersion.split('/');
        const file =
          definitions.find((path) => path.endsWith(`/${group}_${kind.toLowerCase()}s.yaml`)) ?? expect.fail(`no definition of ${kind}`);
        const { versions } = definitionSchema.parse(parse(readFileSync(file, 'utf8'))).spec;
        const { schema } = versions.find(({ name }) => name === version) ?? expect.fail(`no ${kind} of ${version}`);
        const validate = new Ajv({ strict: false, validateFormats: false }).compile(withoutOthers(schema.openAPIV3Schema) as object);
        expect([validate(object), validate.errors]).toEqual([true, null]);
      }
    },
  );

  it('is a trigger of words that the scaler metrics-api knows', () => {
    const sources = ['metrics_api_scaler.go', 'authentication/authentication_types.go'].map((file) =>
      readFileSync(`${keda}/pkg/scalers/${file}`, 'utf8'),
    );
    const known = sources.join('').matchAll(/keda:"name=([\w;]+)/g);
    const words = new Set([...known].flatMap(([, names = '']) => names.split(';')));
    const spec = (kind: string) => theirs.find((one) => one.kind === kind)?.spec;
    const { triggers } = z
      .object({ triggers: z.array(z.object({ metadata: z.record(z.string(), z.string()) })) })
      .parse(spec('ScaledObject'));
    const { secretTargetRef } = z
      .object({ secretTargetRef: z.array(z.object({ parameter: z.string() })) })
      .parse(spec('TriggerAuthentication'));
    const said = [...triggers.flatMap(({ metadata }) => Object.keys(metadata)), ...secretTargetRef.map(({ parameter }) => parameter)];
    expect(said.filter((word) => !words.has(word))).toEqual([]);
  });
});

const helm = process.env.REEMBED_TEST_HELM ?? 'helm';

const rendersHere = spawnSync(helm, ['version']).status === 0;
const installs = ['README.md', 'deploy/helm/reembed/README.md'].map((page): [string, string[]] => {
  const commands = readFileSync(root + page, 'utf8').replaceAll('\\\n', ' ');
  return [page, (/^helm install ([^#\n]*)/m.exec(commands)?.[1] ?? '').split(/\s+/).filter((word) => word !== '')];
});

it.runIf(rendersHere).each(installs)('the command of %s is enough for Helm', (_, words) => {
  const said = execFileSync(helm, ['template', ...words], { cwd: root, encoding: 'utf8' });
  expect(said).toContain('kind: Deployment');
});

// Nothing serves a built Helm to every machine: where there is none, what was rendered before is looked at.
it.runIf(rendersHere)('Helm renders what stands in deploy/helm/rendered', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'reembed-chart-'));
  await cp(`${root}deploy/helm`, `${dir}/deploy/helm`, { recursive: true });
  await cp(`${root}scripts/render-chart.sh`, `${dir}/scripts/render-chart.sh`);
  execFileSync('bash', [`${dir}/scripts/render-chart.sh`], { env: { ...process.env, HELM: helm } });
  for (const name of sets) expect(readFileSync(`${dir}/deploy/helm/rendered/${name}.yaml`, 'utf8')).toBe(read(`rendered/${name}.yaml`));
  rmSync(dir, { recursive: true });
});
