import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { hideSecrets } from '@reembed/contracts';
import { packageVersion } from '@reembed/process/package-version';
import type { Command } from 'commander';
import { z } from 'zod';
import type { ApiClient } from '../api/api-client.ts';
import { namedCoordinator, runningCoordinator } from '../fleet/find-coordinator.ts';
import { listKnown, readKnown } from '../fleet/read-known.ts';
import { loadSpec } from '../inputs/load-spec.ts';
import { describeFailure } from '../terminal/errors.ts';
import type { Cli } from '../terminal/host.ts';
import { surroundings } from './doctor-surroundings.ts';
import { planHere } from './plan.ts';

/** What an agent may ask for. `complete` is not among them: deleting a collection is a word of a person at a shell. */
const acts = ['pause', 'resume', 'cancel', 'verify', 'switch', 'rollback'] as const;
type Act = (typeof acts)[number];

/** How long a confirmation token is good for, in ms. */
const tokenLastsMs = 600_000;

export function defineMcp(command: Command, cli: Cli): void {
  command
    .description(
      'Serves the Model Context Protocol on stdin and stdout, for coding agents: plan, status, report and doctor, which only read.\n' +
        'With --allow-writes also `act` (pause, resume, cancel, verify, switch, rollback): the first call says what would happen and gives a token,\n' +
        'and only a second one with that token, for the same act in the same phase, does it.',
    )
    .option('--allow-writes', 'let it act on migrations, each time with a confirmation token')
    .action(async ({ allowWrites }: { allowWrites?: true }) => {
      const server = createMcpServer(cli, allowWrites === true);
      await server.connect(new StdioServerTransport());
      await once(process.stdin, 'close', { signal: cli.signal }).catch(() => undefined);
      await server.close();
    });
}

export function createMcpServer(cli: Cli, allowWrites: boolean): McpServer {
  const version = packageVersion(new URL('../../package.json', import.meta.url));
  const server = new McpServer({ name: 'reembed', version });
  const reads = { annotations: { readOnlyHint: true } };
  server.registerTool(
    'plan',
    {
      ...reads,
      description: 'Says whether a spec can run, what it would do, cost and need. Writes nothing.',
      inputSchema: { file: z.string().describe('the spec, a YAML or JSON file') },
    },
    ({ file }) => answered(async () => (await namedCoordinator(cli)?.plan(await loadSpec(file))) ?? planHere(cli, await loadSpec(file))),
  );
  server.registerTool(
    'status',
    {
      ...reads,
      description: 'The migrations that there are, or one of them: its phase, progress, waits and what to do next.',
      inputSchema: { id: z.string().optional().describe('id, name or target') },
    },
    ({ id }) => known(cli, (by) => (id === undefined ? listKnown(by) : readKnown(by, id, (from) => from.view(id)))),
  );
  server.registerTool(
    'report',
    {
      ...reads,
      description: 'Verdict, gates, cost and settings of a migration.',
      inputSchema: { id: z.string().describe('id, name or target') },
    },
    ({ id }) => known(cli, (by) => readKnown(by, id, (from) => from.report(id))),
  );
  server.registerTool(
    'doctor',
    { ...reads, description: 'How Redis, Qdrant, providers and clocks are, and how to mend what is not as it has to be.' },
    () => answered(async () => ({ found: await surroundings(cli) })),
  );
  if (allowWrites) registerAct(server, cli);
  return server;
}

type Promised = { readonly id: string; readonly act: Act; readonly phase: string; readonly until: number };

function registerAct(server: McpServer, cli: Cli): void {
  const promised = new Map<string, Promised>();
  server.registerTool(
    'act',
    {
      description:
        'Acts on a migration. Without a token it only says what would happen, and gives the token that a second call needs: show it to a person first.',
      annotations: { readOnlyHint: false, destructiveHint: true },
      inputSchema: { id: z.string().describe('id, name or target'), act: z.enum(acts), token: z.string().optional() },
    },
    ({ id: asked, act, token }) =>
      withApi(cli, async (api) => {
        const { id, name, phase, target } = await api.view(asked);
        const held = token === undefined ? undefined : promised.get(token);
        if (token !== undefined) promised.delete(token);
        if (held !== undefined && held.id === id && held.act === act && held.phase === phase && held.until > Date.now())
          return api.command(id, act);
        const fresh = randomBytes(12).toString('hex');
        promised.set(fresh, { id, act, phase, until: Date.now() + tokenLastsMs });
        const why =
          token === undefined ? '' : 'That token is not good for this (used, too old, for another act, or the phase has changed). ';
        return {
          done: false,
          token: fresh,
          says: `${why}This would ${act} migration ${name} (${id}) into ${target}, which is ${phase}. Call again with this token to do it; it is good once, for ten minutes and while the phase is the same.`,
        };
      }),
  );
}

function withApi(cli: Cli, ask: (api: ApiClient) => Promise<object>) {
  return answered(async () => {
    const api = runningCoordinator(cli);
    try {
      return await ask(api);
    } finally {
      await api.close();
    }
  });
}

/** Of the coordinator, or, where none answers, of what Qdrant keeps: as commands read it, and with the line that they say then beside it. */
function known(cli: Cli, read: (by: Cli) => Promise<object>): Promise<Answered> {
  const said: string[] = [];
  return answered(() => read({ ...cli, err: (line) => said.push(line) }), said);
}

type Answered = { content: { type: 'text'; text: string }[]; isError?: true };

/** A result as JSON text, and what is said beside it; an error is JSON too, with its code and the way out. */
async function answered(ask: () => Promise<object>, said: readonly string[] = []): Promise<Answered> {
  const text = (words: string) => ({ type: 'text' as const, text: hideSecrets(words) });
  try {
    return { content: [text(JSON.stringify(await ask(), null, 2)), ...said.map(text)] };
  } catch (error) {
    return { content: [text(JSON.stringify(describeFailure(error).document))], isError: true };
  }
}
