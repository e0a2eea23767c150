import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { coordinatorSettingsSchema, settingsFromEnv, settingsOf, workerSettingsSchema } from '@reembed/contracts';
import { providerVariables } from '@reembed/embedders';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

// No Docker engine runs these files in our tests: what they say is held against the code instead.

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const exists = (path: string) => existsSync(fileURLToPath(new URL(path, root)));

const serviceSchema = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }),
});
const composeText = read('docker-compose.yml');
const { services } = z.object({ services: z.record(z.string(), serviceSchema) }).parse(parse(composeText, { merge: true }));
const instructions = read('Dockerfile')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => ({ word: line.slice(0, line.indexOf(' ')), rest: line.slice(line.indexOf(' ') + 1) }));

const apps = { coordinator: coordinatorSettingsSchema, worker: workerSettingsSchema } as const;
const service = (name: string) => services[name] ?? expect.fail(`docker-compose.yml has no service ${name}`);
const variablesOf = (schema: (typeof apps)[keyof typeof apps]) => settingsOf(schema).map(({ meta }) => meta.env);

const { keys: keyVariables, addresses: baseUrls } = providerVariables;

describe.each(Object.entries(apps))('the service %s', (name, schema) => {
  const { command = [], environment } = service(name);

  it('runs a file of its app that is there', () => {
    expect(command).toEqual(['node', `apps/${name}/src/main.ts`]);
    expect(command.slice(1).every(exists)).toBe(true);
  });

  it('sets variables that the app or the embedders read, and no other', () => {
    const known = [...variablesOf(schema), ...baseUrls, ...(name === 'worker' ? keyVariables : [])];
    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
  });

  it('is told the address of every provider', () => {
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(baseUrls));
  });

  it('has settings that are valid where nothing but a token is set', () => {
    const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, interpolate(value)]));
    const settings = schema.parse(settingsFromEnv(schema, env));
    expect(settings).toMatchObject({ qdrantUrl: 'http://qdrant:6333', redisUrl: 'redis://redis:6379' });
  });
});

describe('docker-compose.yml', () => {
  it('is told nothing by variables that the code does not know', () => {
    const named = [...composeText.matchAll(/\$\{(\w+)/g)].map((match) => match[1]);
    const known = [...Object.values(apps).flatMap(variablesOf), ...keyVariables, ...baseUrls];
    expect(named.filter((variable) => variable !== undefined && !known.includes(variable))).toEqual([]);
  });

  it('gives provider keys to workers alone, every one of them', () => {
    expect(Object.keys(service('worker').environment)).toEqual(expect.arrayContaining(keyVariables));
    expect(Object.keys(service('coordinator').environment).filter((variable) => keyVariables.includes(variable))).toEqual([]);
  });

  it('demands a token, because the coordinator listens beyond loopback', () => {
    const { environment } = service('coordinator');
    expect(environment.REEMBED_HOST).toBe('0.0.0.0');
    expect(environment.REEMBED_TOKEN).toMatch(/^\$\{REEMBED_TOKEN:\?/);
  });

  it('publishes and asks the port that the coordinator listens on, on loopback only', () => {
    const { environment, ports, healthcheck } = service('coordinator');
    const port = environment.REEMBED_PORT;
    expect(port).toBe(String(coordinatorSettingsSchema.parse({}).port));
    expect(ports).toEqual([`127.0.0.1:\${REEMBED_PORT:-${port}}:${port}`]);
    expect(healthcheck.test.at(-1)).toContain(`http://127.0.0.1:${port}/readyz`);
    expect(read('apps/coordinator/src/routes/health.ts')).toContain("'/readyz'");
    expect(instructions).toContainEqual({ word: 'EXPOSE', rest: port });
  });

  it('has a worker that can be scaled: no fixed port', () => {
    expect(service('worker').ports).toEqual([]);
  });

  it('keeps Redis from losing jobs: append-only, and nothing evicted', () => {
    const command = service('redis').command?.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
  });
});

describe('Dockerfile', () => {
  const copied = instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));

  it('copies what is there', () => {
    expect(copied.filter((path) => !exists(path))).toEqual([]);
  });

  it('installs for every workspace that the command line needs', () => {
    const manifests = needed('apps/cli').map((folder) => `${folder}/package.json`);
    expect(copied.filter((path) => path.includes('/package.json')).toSorted()).toEqual(manifests.toSorted());
  });

  it('runs on the Node that everything else runs on, not as root', () => {
    const { devDependencies } = z.object({ devDependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const major = devDependencies.node?.split('.')[0];
    const images = instructions.filter(({ word }) => word === 'FROM').map(({ rest }) => rest.split(' ')[0]);
    expect(new Set(images)).toEqual(new Set([`node:${major}-slim`]));
    expect(instructions).toContainEqual({ word: 'USER', rest: 'node' });
  });

  it('has commands that the image holds', () => {
    const command = z.array(z.string()).parse(JSON.parse(instructions.find(({ word }) => word === 'CMD')?.rest ?? ''));
    expect(exists(command[1] ?? '')).toBe(true);
    expect(copied).toEqual(expect.arrayContaining(['apps', 'packages']));
  });
});

/** `${NAME:-default}` and `${NAME:?message}` as Compose reads them where nothing but a token is set. */
function interpolate(value: string): string {
  return value.replace(/\$\{\w+:([-?])([^}]*)\}/g, (_, kind: string, word: string) => (kind === '-' ? word : 'a-token-of-16-characters'));
}

/** A workspace's folder, and those of all workspaces it depends on. */
function needed(folder: string, found: string[] = []): string[] {
  if (found.includes(folder)) return found;
  found.push(folder);
  const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read(`${folder}/package.json`)));
  for (const name of Object.keys(dependencies)) {
    const short = name.startsWith('@reembed/') ? name.slice('@reembed/'.length) : null;
    if (short !== null) needed(exists(`packages/${short}`) ? `packages/${short}` : `apps/${short}`, found);
  }
  return found;
}
