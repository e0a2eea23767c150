import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as http, type RequestListener } from 'node:http';
import { createServer as https } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coordinatorSettingsSchema, gatewaySettingsSchema, settingsFromEnv, settingsOf, workerSettingsSchema } from '@reembed/contracts';
import { providerVariables } from '@reembed/embedders';
import { nodeEnvironment, nodeFlags } from '@reembed/process';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

// No Docker engine runs these files in our tests: what they say is held against the code here, and `e2e/image` runs what they make.

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const exists = (path: string) => existsSync(fileURLToPath(new URL(path, root)));

const serviceSchema = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
});
const composeText = read('docker-compose.yml');
const { services } = z.object({ services: z.record(z.string(), serviceSchema) }).parse(parse(composeText, { merge: true }));
const instructions = read('Dockerfile')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => ({ word: line.slice(0, line.indexOf(' ')), rest: line.slice(line.indexOf(' ') + 1) }));

const apps = { coordinator: coordinatorSettingsSchema, worker: workerSettingsSchema, gateway: gatewaySettingsSchema } as const;
/** Those that ask models themselves. */
const holdKeys = ['worker', 'gateway'];
/** Set by commands, for the fleets that they bring. */
const notForPeople = ['REEMBED_ENDS_WITH'];
const service = (name: string) => services[name] ?? expect.fail(`docker-compose.yml has no service ${name}`);
const variablesOf = (schema: (typeof apps)[keyof typeof apps]) => settingsOf(schema).map(({ meta }) => meta.env);

const given = 'a-token-of-16-characters';

const { keys: keyVariables, addresses: baseUrls } = providerVariables;

describe.each(Object.entries(apps))('the service %s', (name, schema) => {
  const { command = [], environment } = service(name);

  it('runs a command of the image that is there', () => {
    expect(command).toEqual([name]);
    expect(read('apps/cli/src/commands.ts')).toContain(`'${name} [options]'`);
  });

  it('sets variables that the app or the embedders read, and no other', () => {
    const known = [...variablesOf(schema), ...baseUrls, ...(holdKeys.includes(name) ? keyVariables : [])];
    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
  });

  it('is told every setting that the app has', () => {
    const missing = variablesOf(schema).filter((variable) => !notForPeople.includes(variable) && !(variable in environment));
    expect(missing).toEqual([]);
  });

  it('reads the files that settings name from a directory that is mounted, and writes none', () => {
    expect(service(name).volumes).toEqual(['./config:/app/config:ro']);
    expect(instructions).toContainEqual({ word: 'WORKDIR', rest: '/app' });
  });

  it('is told the address of every provider', () => {
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(baseUrls));
  });

  it('has settings that are valid where nothing but a token is set', () => {
    const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, interpolate(value)]));
    const settings = schema.parse(settingsFromEnv(schema, env));
    const redis = name === 'gateway' ? {} : { redisUrl: `redis://:${given}@redis:6379` };
    expect(settings).toMatchObject({ qdrantUrl: 'http://qdrant:6333', qdrantApiKey: given, ...redis });
  });
});

describe('docker-compose.yml', () => {
  it('is told nothing by variables that the code does not know', () => {
    const named = [...composeText.matchAll(/\$\{(\w+)/g)].map((match) => match[1]);
    const known = [...Object.values(apps).flatMap(variablesOf), ...keyVariables, ...baseUrls, 'REDIS_PASSWORD'];
    expect(named.filter((variable) => variable !== undefined && !known.includes(variable))).toEqual([]);
  });

  it('gives provider keys to what asks models alone, every one of them', () => {
    for (const name of holdKeys) expect(Object.keys(service(name).environment)).toEqual(expect.arrayContaining(keyVariables));
    expect(Object.keys(service('coordinator').environment).filter((variable) => keyVariables.includes(variable))).toEqual([]);
  });

  it('demands a token, or to be told that there is none because people have their own: the coordinator listens beyond loopback', () => {
    const { environment } = service('coordinator');
    expect(environment.REEMBED_HOST).toBe('0.0.0.0');
    expect(environment.REEMBED_TOKEN).toMatch(/^\$\{REEMBED_TOKEN\?/);
  });

  it('publishes and asks the port that the coordinator listens on, on loopback only', () => {
    const { environment, ports } = service('coordinator');
    const port = environment.REEMBED_PORT;
    expect(port).toBe(String(coordinatorSettingsSchema.parse({}).port));
    expect(ports).toEqual([`127.0.0.1:\${REEMBED_PORT:-${port}}:${port}`]);
    expect(instructions.find(({ word }) => word === 'EXPOSE')?.rest.split(' ')).toContain(port);
  });

  it.each<[string, string, string, number, number]>([
    ['a coordinator', 'http', '/readyz', 200, 0],
    ['a coordinator', 'http', '/readyz', 503, 1],
    ['a coordinator', 'https', '/readyz', 200, 0],
    ['a coordinator', 'https', '/readyz', 503, 1],
    ['a worker', 'http', '/healthz', 200, 0],
    ['a worker', 'http', '/healthz', 503, 1],
  ])('asks %s that serves %s whether it does its work: %s with %i ends the check with %i', async (who, scheme, path, status, ended) => {
    const pem = (file: string) => readFileSync(new URL(`packages/embedders/fixtures/${file}`, root));
    const answer: RequestListener = ({ url }, reply) => void reply.writeHead(url === path ? status : 404).end();
    const isTls = scheme === 'https';
    const server = isTls ? https({ cert: pem('tls-certificate.pem'), key: pem('tls-key.pem') }, answer) : http(answer);
    // It never lets go of a connection: a check that waited for that would be ended before it said anything.
    server.keepAliveTimeout = 0;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const port = String((server.address() as AddressInfo).port);
    // Port 1 is one where nothing listens.
    const env = who === 'a worker' ? { REEMBED_PORT: '1', REEMBED_STATUS_PORT: port } : { REEMBED_PORT: port, REEMBED_STATUS_PORT: '1' };
    const asked = spawn(process.execPath, [fileURLToPath(new URL('apps/cli/bin/healthy.js', root))], {
      env: isTls ? { ...env, REEMBED_TLS_CERT: 'config/tls.crt' } : env,
    });
    expect(await once(asked, 'exit')).toEqual([ended, null]);
    server.close();
  });

  it.each(Object.keys(apps))('asks a %s by that, as the image does', (name) => {
    const asked = ['node', '/app/apps/cli/bin/healthy.js'];
    expect(service(name).healthcheck.test).toEqual(['CMD', ...asked]);
    expect(instructions.find(({ word }) => word === 'HEALTHCHECK')?.rest).toContain(`CMD ${JSON.stringify(asked).replace(',', ', ')}`);
  });

  it.each(holdKeys)('has a %s say whether it is well where that asks', (name) => {
    expect(instructions.find(({ word }) => word === 'ENV')?.rest).toContain(
      `REEMBED_STATUS_PORT=${service(name).environment.REEMBED_STATUS_PORT}`,
    );
  });

  it('has a worker that can be scaled: no fixed port', () => {
    expect(service('worker').ports).toEqual([]);
  });

  it.each(Object.keys(services))('lets %s write beside its volumes nowhere, and have or gain no rights', (name) => {
    expect(service(name)).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  });

  it('lets nobody into Redis and Qdrant without a secret that is the same for all', () => {
    const { environment, command = [] } = service('redis');
    expect(environment.REDISCLI_AUTH).toMatch(/^\$\{REDIS_PASSWORD:\?/);
    expect(command.at(-1)).toContain('requirepass $$REDISCLI_AUTH');
    const key = service('qdrant').environment.QDRANT__SERVICE__API_KEY;
    expect(key).toMatch(/^\$\{QDRANT_API_KEY:\?/);
    for (const name of Object.keys(apps)) {
      expect(service(name).environment.QDRANT_API_KEY).toBe(key);
      if (name === 'gateway') continue;
      expect(service(name).environment.REDIS_URL).toContain(`:${environment.REDISCLI_AUTH}@redis:`);
    }
  });

  it('says of every image of others which version it is, to the last number, and its digest, as Dockerfile and Helm chart do', () => {
    const foreign = Object.values(services).filter(({ build }) => build === undefined);
    const from = instructions.flatMap(({ word, rest }) =>
      word === 'FROM' && rest !== 'scratch' ? (/node:\S+/.exec(rest)?.[0] ?? rest) : [],
    );
    const images = [...foreign.map(({ image }) => image), ...from];
    for (const image of images) expect(image).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+(-slim)?@sha256:[0-9a-f]{64}$/);
    const server = z.object({ image: z.string() });
    const { redis, qdrant } = z.object({ redis: server, qdrant: server }).parse(parse(read('deploy/helm/reembed/values.yaml')));
    expect([redis.image, qdrant.image]).toEqual([service('redis').image, service('qdrant').image]);
  });

  it('keeps Redis from losing jobs: append-only, and nothing evicted', () => {
    const command = service('redis').command?.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
  });
});

const compose = process.env.REEMBED_TEST_COMPOSE ?? '';

// The loader of `docker compose`, which scripts/check-deployment.sh builds. It is handed no environment: its program takes none.
describe.runIf(compose !== '')('docker-compose.yml as Compose reads it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reembed-compose-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const load = (text: string) => {
    writeFileSync(join(folder, 'docker-compose.yml'), text);
    return spawnSync(compose, ['--format', 'json', 'docker-compose.yml'], { cwd: folder, encoding: 'utf8' });
  };

  it('is a whole fleet, with the settings that the tests above read in it', () => {
    const { stdout, stderr } = load(composeText.replaceAll(/\$\{\w+:?\?[^}]*\}/g, given));
    expect(stderr).toBe('');
    const loaded = z.object({ services: z.record(z.string(), z.object({ environment: z.record(z.string(), z.string()) })) });
    const read = loaded.parse(JSON.parse(stdout)).services;
    for (const name of Object.keys(services)) {
      const expected = Object.entries(service(name).environment).map(([variable, value]) => [variable, interpolate(value)]);
      expect([name, read[name]?.environment]).toEqual([name, Object.fromEntries(expected)]);
    }
  });

  it('is refused without its secrets, each by its name and what it has to be', () => {
    const { status, stderr } = load(composeText);
    expect(status).not.toBe(0);
    for (const secret of ['REEMBED_TOKEN', 'REDIS_PASSWORD', 'QDRANT_API_KEY']) expect(stderr).toContain(`set ${secret} to a secret`);
  });
});

const hadolint = fileURLToPath(new URL('.venv/bin/hadolint', root));

describe('Dockerfile', () => {
  // scripts/prepare-tests.sh installs it.
  it.runIf(existsSync(hadolint))('is one that hadolint finds nothing in', () => {
    const { status, stdout } = spawnSync(hadolint, [fileURLToPath(new URL('Dockerfile', root))], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });

  it('runs on the Node that everything else runs on, not as root', () => {
    const { devDependencies } = z.object({ devDependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const images = instructions
      .filter(({ word }) => word === 'FROM')
      .map(({ rest }) => rest.replace(/^--platform=\S+ /, '').split(/[ @]/)[0]);
    expect(new Set(images)).toEqual(new Set([`node:${devDependencies.node}-slim`, 'scratch']));
    expect(instructions).toContainEqual({ word: 'USER', rest: '1000:1000' });
  });

  it('starts the command line, and asks whether it is healthy, by files that are published', () => {
    const started = [...read('Dockerfile').matchAll(/"\/app\/([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(started).toEqual(['apps/cli/bin/healthy.js', 'apps/cli/bin/reembed.js']);
    expect(started.filter((path) => !exists(path))).toEqual([]);
  });

  it('gives Node the flags and the environment that a process gets from the command line', () => {
    const entry = instructions.find(({ word }) => word === 'ENTRYPOINT')?.rest ?? '[]';
    expect(JSON.parse(entry)).toEqual(['node', ...nodeFlags, '/app/apps/cli/bin/reembed.js']);
    const set = instructions.find(({ word, rest }) => word === 'ENV' && rest.includes('REEMBED_STATUS_PORT'))?.rest.split(' ');
    expect(set).toEqual(expect.arrayContaining(Object.entries(nodeEnvironment).map(([name, value]) => `${name}=${value}`)));
  });

  it('is given all that the command line is built of, and nothing private', () => {
    const given = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(given.filter((path) => !exists(path))).toEqual([]);
    expect(given).toEqual(
      expect.arrayContaining(['package-lock.json', '.npmrc', 'apps', 'packages', 'scripts', 'LICENSE', 'tsconfig.json']),
    );
    expect(read('.dockerignore')).toMatch(/^\*\*\/\.env\*$/m);
  });
});

/** `${NAME:-default}` and `${NAME:?message}` as Compose reads them where nothing but a token is set. */
function interpolate(value: string): string {
  // From the inside out.
  const once = value.replace(/\$\{\w+:?([-?])([^{}]*)\}/g, (_, kind: string, word: string) => (kind === '-' ? word : given));
  return once === value ? value : interpolate(once);
}

describe('the packages', () => {
  const check = (lock: object) => {
    const dir = mkdtempSync(join(tmpdir(), 'reembed-lock-'));
    writeFileSync(join(dir, 'lock.json'), JSON.stringify(lock));
    const { stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('scripts/check-lock.ts', root)), join(dir, 'lock.json')], {
      encoding: 'utf8',
    });
    rmSync(dir, { recursive: true });
    return stderr;
  };
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string; link?: true }> };
  const withOne = (change: object) => ({
    packages: { ...lock.packages, 'node_modules/one': { version: '1.0.0', license: 'MIT', integrity: 'sha512-x', ...change } },
  });

  it('each have a hash, a licence that was looked at, and run nothing unsaid when they are installed', () => {
    expect(check(lock)).toBe('');
    expect(check(withOne({}))).toBe('');
    expect(check(withOne({ integrity: undefined }))).toContain('node_modules/one has no hash');
    expect(check(withOne({ hasInstallScript: true }))).toContain('node_modules/one runs a script');
    for (const license of ['GPL-3.0-only', 'MIT AND GPL-3.0-only', undefined])
      expect(check(withOne({ license }))).toContain('node_modules/one has the licence');
  });

  it('are all in the bill of materials, with their hashes', () => {
    const { stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], { cwd: fileURLToPath(root), encoding: 'utf8', maxBuffer: 2 ** 26 });
    const { components } = JSON.parse(stdout) as { components: { name: string; version: string; hashes?: object[] }[] };
    const listed = new Set(components.filter(({ hashes = [] }) => hashes.length > 0).map(({ name, version }) => `${name}@${version}`));
    const installed = Object.entries(lock.packages).flatMap(([path, { version, link }]) =>
      path.includes('node_modules/') && !link ? [`${path.split('node_modules/').at(-1)}@${version}`] : [],
    );
    expect(installed.filter((one) => !listed.has(one))).toEqual([]);
  });
});

describe('the release', () => {
  const stepSchema = z.object({ uses: z.string().optional(), run: z.string().optional() });
  const { jobs } = z
    .object({ jobs: z.record(z.string(), z.object({ permissions: z.record(z.string(), z.string()), steps: z.array(stepSchema) })) })
    .parse(parse(read('.github/workflows/release.yml')));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap(({ run }) => run ?? []);
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));

  it('runs npm scripts and files that are there', () => {
    const named = commands.flatMap((command) => /npm (?:run (?:--silent )?)?([\w:-]+)/.exec(command)?.[1] ?? []);
    expect(named.filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(['ci', 'check', 'test', 'build', 'check:packages', 'sbom', 'publish:packages']));
    const files = [...commands, ...Object.values(scripts)].flatMap((command) => command.match(/scripts\/[\w-]+\.(ts|sh)/g) ?? []);
    expect(files.filter((file) => !exists(file))).toEqual([]);
  });

  it('publishes what has a build, each after what it needs, with provenance', () => {
    const [, names = ''] = /for name in ([^;]*); do/.exec(read('scripts/publish-packages.sh')) ?? [];
    const order = [...names.split(' ').map((name) => `packages/${name}`), 'apps/cli'];
    const manifests = globSync('{packages,apps}/*/package.json', { cwd: fileURLToPath(root) });
    const built = manifests.filter((path) => read(path).includes('"build":')).map((path) => dirname(path));
    expect(order.toSorted()).toEqual(built.toSorted());
    for (const [at, folder] of order.slice(0, -1).entries()) {
      const later = order.slice(at + 1).map((one) => one.replace('packages/', '@reembed/'));
      expect(Object.keys(JSON.parse(read(`${folder}/package.json`)).dependencies).filter((name) => later.includes(name))).toEqual([]);
    }
    expect(commands.some((command) => command.includes('publish:packages -- --provenance'))).toBe(true);
    expect(jobs.packages?.permissions['id-token']).toBe('write');
  });

  it('has actions of a version', () => {
    expect(steps.flatMap(({ uses }) => uses ?? []).filter((uses) => !/^[\w-]+\/[\w-]+@v\d+$/.test(uses))).toEqual([]);
  });

  it('gives every package one version, which changesets know too', () => {
    const { fixed, ...config } = JSON.parse(read('.changeset/config.json'));
    expect({ fixed, changelog: config.changelog }).toEqual({ fixed: [['reembed', '@reembed/*']], changelog: false });
    const checked = spawnSync(process.execPath, [fileURLToPath(new URL('scripts/check-release.ts', root)), 'v0.0.0'], { encoding: 'utf8' });
    expect(checked).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^the tag is v0\.0\.0, and the packages are of .*\nCHANGELOG.md tells nothing of .*\n(README.md says .*\n)?$/,
      ),
    });
  });
});
