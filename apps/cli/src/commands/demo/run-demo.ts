import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationView, SpecInput } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import type { Command } from 'commander';
import { hasSettled, showMigration, waitsForWord, whyNotArrived } from '../../api/follow-migration.ts';
import { type LogLine, mainOf, startChild } from '../../fleet/child.ts';
import { type Access, ownFleet } from '../../fleet/find-coordinator.ts';
import { startQdrant } from '../../fleet/local-qdrant.ts';
import { connectQdrant, type QdrantConnection } from '../../inputs/connect-qdrant.ts';
import { withoutServers } from '../../inputs/models-here.ts';
import type { Cli } from '../../terminal/host.ts';
import { positiveInteger } from '../options.ts';
import { collectDocuments, seedCollection } from './documents.ts';
import { type DemoOutcome, faultsOf, nextSteps, renderDemoOutcome, renderSideBySide } from './render-demo.ts';
import { type Answer, createTextSearch, type TextSearch } from './search-by-text.ts';
import { type Reader, startReader } from './start-reader.ts';

const alias = 'docs';
const oldCollection = 'docs_v1';
const newCollection = 'docs_v2';
const oldModel = 'hash/256';
const newModel = 'local/use-lite';
const template = '{{title}}\n\n{{text}}';

/** The demo's migration. Small ranges and pages, so that a thousand points keep two workers busy and progress is seen. */
const demoSpec: SpecInput = {
  name: 'documentation of npm packages',
  source: { collection: oldCollection },
  target: { collection: newCollection, alias },
  vectors: { '': { embed: { model: newModel, text: template } } },
  copy: { rangePoints: 64, pagePoints: 16, streams: 2 },
};

/** What people ask, in other words than the documentation uses. */
const queries: readonly string[] = [
  'upload a file from a form',
  'compare two version numbers',
  'make a program faster',
  'turn objects into JSON quickly',
  'try again after a request failed',
  'the connection to the database was lost',
  'which files match a wildcard',
  'make the program print usage instructions',
];

const searchesPerSecond = 25;
/** Answers by the new side after which the reader has shown what it was to show. */
const answersAfterSwitch = 2 * searchesPerSecond;

export function defineDemo(command: Command, cli: Cli): void {
  command
    .description(
      'Migrates documentation of the installed npm packages from a plain old model to a neural one while a reader searches, and switches.\n' +
        'Needs neither server nor key: it brings a local Qdrant, a Redis and a model, and leaves nothing behind.',
    )
    .option('--keep', 'leave everything running until Ctrl-C', false)
    .option('--points <n>', 'chunks to migrate', positiveInteger, 1_000)
    .option('--workers <n>', 'worker processes', positiveInteger, 2)
    .action((options: DemoOptions) => runDemo(cli, options));
}

type DemoOptions = { readonly points: number; readonly workers: number; readonly keep: boolean };

/** The whole demo: everything it starts it stops, on ports of its own. Throws `internal` where the outcome is not what was promised. */
async function runDemo(given: Cli, options: DemoOptions): Promise<void> {
  const began = performance.now();
  const cli = { ...given, env: withoutServers(given.env) };
  cli.say('Starting a local Qdrant.');
  await using server = await startQdrant({ port: 0, env: cli.env, err: cli.err });
  const qdrant = await connectQdrant({ ...cli.env, QDRANT_URL: server.url });
  const catalogue = createModelCatalogue({ config: { models: {} }, env: {} });
  cli.say(
    `Embedding documentation of the npm packages installed here with ${oldModel}, as the collection ${oldCollection} behind the alias ${alias}.`,
  );
  const documents = await collectDocuments(options.points);
  await seedCollection(documents, { ...qdrant, catalogue, collection: oldCollection, alias, model: oldModel, template });
  cli.say(`Starting Redis, a coordinator and ${options.workers} workers.`);
  await using access = await ownFleet(cli, qdrant.url, options.workers);
  const outcome = await migrateWhileReading({ cli, qdrant, access, began });
  const faults = faultsOf(outcome);
  const broken = new ReembedError('internal', `the demo did not come out as promised: ${faults.join('; ')}`);
  const text = () => [...renderDemoOutcome(outcome), ...(faults.length === 0 ? ['', ...nextSteps] : [])].join('\n');
  cli.result(outcome, text, faults.length === 0 ? null : broken);
  if (options.keep) await keepRunning(cli, access.api.url, qdrant.url, outcome.id);
}

type Demo = {
  readonly cli: Cli;
  readonly qdrant: QdrantConnection;
  readonly access: Access;
  /** performance.now() at the very start. */
  readonly began: number;
};

async function migrateWhileReading(demo: Demo): Promise<DemoOutcome> {
  const { cli, qdrant } = demo;
  await using gateway = await startGateway(cli, qdrant.url);
  await using search = createTextSearch({ gatewayUrl: gateway.url, alias, limit: 10 });
  const before = await answersOf(search, oldCollection);
  const known = new Map([[oldCollection, before]]);
  cli.say(`A reader searches by text from now on, ${searchesPerSecond} times a second, through a gateway and the alias.`);
  const reader = startReader({
    search: search.search,
    queries,
    perSecond: searchesPerSecond,
    expected: (collection, text) => known.get(collection)?.[queries.indexOf(text)]?.hits.map(({ id }) => id) ?? null,
  });
  try {
    const { id } = await migrate(demo, 'ready');
    const after = await answersOf(search, newCollection);
    known.set(newCollection, after);
    const view = await migrate(demo, 'observing', id);
    await untilSeen(reader, cli.signal);
    cli.say('');
    for (const line of renderSideBySide({ answers: before, model: oldModel }, { answers: after, model: newModel }, queries.slice(0, 5)))
      cli.say(line);
    cli.say('');
    return await outcomeOf(demo, view, reader);
  } finally {
    await reader.stop();
  }
}

/** What the reader asks instead of Qdrant: it embeds each text for the collection that answers. */
async function startGateway({ env, err }: Cli, qdrantUrl: string): Promise<AsyncDisposable & { readonly url: string }> {
  const onLog = ({ name, level, text }: LogLine) => {
    if (level === 50) err(`${name}: ${text}`);
  };
  const own = { ...env, QDRANT_URL: qdrantUrl, REEMBED_GATEWAY_PORT: '0' };
  const child = await startChild({ name: 'gateway', main: mainOf('@reembed/gateway'), env: own, onLog });
  return { url: child.ready, [Symbol.asyncDispose]: child.stop };
}

function answersOf(search: TextSearch, collection: string): Promise<Answer[]> {
  return Promise.all(queries.map((query) => search.searchIn(collection, query)));
}

/** Submits, or switches what was submitted, and follows it to where it rests. */
async function migrate({ cli, access }: Demo, goal: 'ready' | 'observing', known?: string): Promise<MigrationView> {
  cli.say(known === undefined ? `Migrating ${oldCollection} to ${newModel}:` : 'Everything is copied and verified; switching the alias:');
  const { id } = await (known === undefined ? access.api.submit(demoSpec) : access.api.command(known, 'switch'));
  const view = await showMigration(cli, access, id, goal === 'ready' ? waitsForWord : hasSettled);
  const why = whyNotArrived(view, [goal]);
  if (why !== null) throw why;
  return view;
}

/** Until the reader has answers of the new side, or has met a fault. */
async function untilSeen(reader: Reader, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { by, failed, mixed } = reader.report();
    if ((by[newCollection] ?? 0) >= answersAfterSwitch || failed + mixed > 0) return;
    await sleep(50, undefined, { signal });
  }
}

async function outcomeOf({ qdrant: { collections }, began }: Demo, view: MigrationView, reader: Reader): Promise<DemoOutcome> {
  const reads = await reader.stop();
  return {
    id: view.id,
    seconds: (performance.now() - began) / 1_000,
    source: { name: view.source, points: await collections.count(view.source) },
    target: { name: view.target, points: await collections.count(view.target) },
    setAside: view.progress.setAside,
    alias: { name: alias, pointsAt: (await collections.aliases()).get(alias) ?? null },
    reads,
  };
}

async function keepRunning({ say, signal }: Cli, url: string, qdrantUrl: string, id: string): Promise<void> {
  const lines = [
    '',
    'Everything goes on running, until Ctrl-C:',
    `  API         ${url}/v1/migrations/${id}`,
    `  API docs    ${url}/docs`,
    `  Bull Board  ${url}/queues`,
    `  Qdrant      ${qdrantUrl}/collections/${newCollection}`,
    `  Take it back:  REEMBED_URL=${url} npx reembed rollback ${id}`,
  ];
  for (const line of lines) say(line);
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
