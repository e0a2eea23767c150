import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { buildServer } from '@reembed/coordinator/build-server';
import { type CoordinatorDeps, printedCommands, type ReembedError } from '@reembed/core';
import { type FleetOptions, startFleet } from '@reembed/core/fleet.fixture';
import { createMetrics } from '@reembed/process/metrics';
import { connectRedis } from '@reembed/queue';
import { createFakeAudit, startTestRedis } from '@reembed/testkit';
import { pino } from 'pino';
import { commands } from '../commands.ts';
import { runInProcess } from '../start-cli.fixture.ts';
import { createCli, createOutlet } from '../terminal/host.ts';
import { ReembedCommand } from '../terminal/reembed-command.ts';

/** A fleet in memory, which works while a command line waits for it. */
export type Fleet = Awaited<ReturnType<typeof startFleet>> & {
  /** Of its model, each of which it answers with once. */
  readonly failures: (ReembedError | null)[];
  readonly type: (command: string) => Promise<Answer>;
};

/** What a command line said and how it ended. */
export type Answer = Awaited<ReturnType<typeof runInProcess>>;

/** `unattended`: the fleet does nothing meanwhile. `env`: laid over the address of its coordinator. */
export type Typing = { readonly unattended?: boolean; readonly env?: Readonly<Record<string, string>> };

/** The command line before the API of a coordinator whose fleet is one in memory: `at` says which. */
export async function startShell() {
  const redisServer = await startTestRedis();
  const log = pino({ level: 'silent' });
  const redis = await connectRedis({ url: redisServer.url, log });
  let fleet = await startFleet();
  const portOf = (name: string | symbol) => fleet.deps[name as keyof CoordinatorDeps];
  // Who spreads it gets the ports of the moment, too.
  const deps = new Proxy({} as CoordinatorDeps, {
    get: (_, name) => portOf(name),
    ownKeys: () => Reflect.ownKeys(fleet.deps),
    getOwnPropertyDescriptor: (_, name) => ({ configurable: true, enumerable: true, value: portOf(name) }),
  });
  const settings = { token: undefined, boardWritable: false, redisPrefix: redisServer.prefix };
  const server = await buildServer({
    deps,
    audit: createFakeAudit(),
    deliveries: { list: async () => [] },
    reachOut: { refusal: () => null },
    access: { current: () => null, onChange: () => undefined, readAgain: async () => undefined },
    redis,
    metrics: createMetrics('coordinator'),
    settings,
    tls: null,
    log,
  });
  const url = await server.listen({ port: 0, host: '127.0.0.1' });

  /** Types a command as it was printed into a shell. Throws where the shell takes it for anything but one command. */
  async function type(command: string, { unattended = false, env = {} }: Typing = {}): Promise<Answer> {
    const done = new AbortController();
    const working = unattended ? undefined : work(fleet, done.signal);
    try {
      return await runInProcess(wordsOf(command), { REEMBED_URL: url, ...env });
    } finally {
      done.abort();
      await working;
    }
  }

  return {
    async fleetOf(options: FleetOptions = {}): Promise<Fleet> {
      const failures = options.embedder?.failures ?? [];
      fleet = await startFleet({ ...options, embedder: { ...options.embedder, failures } });
      return { ...fleet, failures, type: (command) => type(command) };
    },
    type,
    async [Symbol.asyncDispose]() {
      await server.close();
      await redis.close();
      await redisServer[Symbol.asyncDispose]();
    },
  };
}

export type Shell = Awaited<ReturnType<typeof startShell>>;

async function work(fleet: Pick<Fleet, 'step' | 'work'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fleet.step();
    await fleet.work();
    await turn();
  }
}

/** The words that a POSIX shell makes of a command for reembed. */
export function wordsOf(command: string): string[] {
  const script = `set -eu; reembed() { printf '%s\\0' "$@"; }; ${command}`;
  const said = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  return said.split('\0').slice(0, -1);
}

/** A command as the command line has it, which does nothing and says nothing. Throws where there is none of the name. */
export async function commandOf(name = ''): Promise<ReembedCommand> {
  const entry = Object.values(commands)
    .flat()
    .find(([usage]) => usage.split(' ')[0] === name);
  if (entry === undefined) throw new Error(`there is no command ${name}`);
  const host = {
    env: {},
    out: () => {},
    err: () => {},
    terminal: null,
    colours: { out: false, err: false },
    signal: new AbortController().signal,
  };
  const cli = createCli(createOutlet(host, false), [], { json: false, verbose: false });
  const command = new ReembedCommand(name);
  (await entry[2]())(command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} }), cli);
  for (const one of [command, ...command.commands]) one.exitOverride().action(() => {});
  return command;
}

/** Whether the command line takes the command: it knows it, and all that is mandatory is there. Nothing is done. Throws what is wrong. */
export async function parse(command: string): Promise<void> {
  const [name, ...words] = wordsOf(command);
  const parsed = await commandOf(name);
  await parsed.parseAsync(words, { from: 'user' }).catch((error: { code?: string }) => {
    if (error.code !== 'commander.helpDisplayed') throw error;
  });
}

/** Commands that a coordinator carries out or answers; the others start something, or speak to Qdrant alone. */
const toCoordinator =
  /^reembed (list|status|tune|pause|resume|cancel|verify|switch|rollback|complete|discard|failures|retry|accept|late-writes|report|adopt|requantize) ?/;

export function isForCoordinator(command: string): boolean {
  return toCoordinator.test(command);
}

/** Commands that only look. */
export function onlyLooks(command: string): boolean {
  return /^reembed (list|status|failures|report) ?/.test(command) || /^reembed late-writes \S+$/.test(command);
}

/** What a message advises to type, each once. */
export function advisedIn(message: string): string[] {
  return [...new Set(printedCommands(message))];
}
