import type { Requantization, RequantizeInput, RequantizeRequest } from '@reembed/contracts';
import { type Clock, isReembedError, parseRequantize, ReembedError, reembed, requantize } from '@reembed/core';
import { systemClock } from '@reembed/process';
import { type Command, Option } from 'commander';
import { namedCoordinator } from '../fleet/find-coordinator.ts';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import type { Cli } from '../terminal/host.ts';
import { renderRequantized, renderRequantizePlan } from '../terminal/render-requantization.ts';
import { decimal, positiveInteger } from './options.ts';

const kinds = ['scalar', 'product', 'binary', 'turbo', 'none'] as const;

type Options = {
  readonly to: (typeof kinds)[number];
  readonly vector?: string[];
  readonly quantile?: number;
  readonly compression?: string;
  readonly encoding?: string;
  readonly queryEncoding?: string;
  readonly bits?: string;
  readonly alwaysRam?: boolean;
  readonly memory?: string;
  readonly originals?: 'disk' | 'memory';
  readonly queries?: number;
  readonly timeout: number;
  readonly yes: boolean;
};

export function defineRequantize(command: Command, cli: Cli): void {
  command
    .description(
      'Shows what would change, what memory it takes, and what to know before; with --yes it measures how much of the ten nearest searches find,\n' +
        'changes the setting, waits until Qdrant has rebuilt the collection, and measures again. No migration is made and nothing is embedded; the\n' +
        'collection is served throughout. It asks the Qdrant of QDRANT_URL, or the coordinator of REEMBED_URL where that is set. Stopped at any\n' +
        'point, the same command goes on where it was. It ends with 6 where searches find too little, and says how to put back what was before.',
    )
    .argument('<collection>', 'the collection, or an alias of it')
    .addOption(new Option('--to <kind>', 'what vectors are quantized to; none: not any more').choices(kinds).makeOptionMandatory())
    .option('--vector <name...>', "dense vectors to change, '' is the unnamed one; default: all")
    .option('--quantile <q>', 'scalar: share of values kept within the range, 0.5 to 1', decimal)
    .option('--compression <x>', 'product: x4, x8, x16, x32 or x64')
    .option('--encoding <name>', 'binary: one_bit, one_and_half_bits or two_bits')
    .option('--query-encoding <name>', 'binary: default, binary, scalar4bits or scalar8bits')
    .option('--bits <name>', 'turbo: bits1, bits1_5, bits2 or bits4')
    .option('--always-ram', 'quantized vectors stay in memory, wherever the originals are')
    .option('--no-always-ram', 'they are where the originals are')
    .option('--memory <tier>', 'quantized vectors are pinned, cached or cold (Qdrant 1.19 and later)')
    .addOption(new Option('--originals <place>', 'where unquantized vectors are held; default: as it is').choices(['disk', 'memory']))
    .option('--queries <n>', 'stored vectors to search for, 10 to 1000; default: 100', positiveInteger)
    .option('--timeout <seconds>', 'how long to wait for Qdrant', positiveInteger, 3_600)
    .option('--yes', 'do it', false)
    .action((collection: string, options: Options) => carryOut(cli, toRequest(collection, options), options));
}

/** Every option given goes to the kind that was chosen; one that is of another kind is refused by its name. */
function toRequest(collection: string, options: Options): RequantizeRequest {
  const { to, vector, quantile, compression, encoding, queryEncoding, bits, alwaysRam, memory, originals, queries } = options;
  const given = { quantile, compression, encoding, query_encoding: queryEncoding, bits, always_ram: alwaysRam, memory };
  const section = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const [stray] = to === 'none' ? Object.entries(section) : [];
  if (stray !== undefined)
    throw new ReembedError(
      'invalid-request',
      `--${stray[0].replaceAll('_', '-')} (${String(stray[1])}) says nothing where --to is none: leave it out`,
    );
  return parseRequantize({
    collection,
    quantization: to === 'none' ? null : { [to]: section },
    ...(vector === undefined ? {} : { vectors: vector }),
    ...(originals === undefined ? {} : { originals }),
    ...(queries === undefined ? {} : { queries }),
  });
}

type Ask = (request: RequantizeInput) => Promise<Requantization>;

async function carryOut(cli: Cli, request: RequantizeRequest, { yes, timeout }: Options): Promise<void> {
  await using asked = await openAsk(cli);
  const plan = await asked.ask(request);
  if (plan.state === 'planned' && !yes) {
    cli.result(plan, () => `${renderRequantizePlan(plan)}\n\nNothing was changed. ${reembed(...cli.typed, '--yes')} does it.`);
    return;
  }
  cli.say(renderRequantizePlan(plan));
  cli.say('');
  if (plan.state === 'planned') cli.say('Measuring what searches find now; then the setting is changed.');
  const begun = plan.state === 'planned' ? await asked.ask({ ...request, apply: true }) : plan;
  const done = await followRequantization(begun, {
    ...{ ask: () => asked.ask(request), say: cli.say, clock: systemClock, timeoutSeconds: timeout, signal: cli.signal },
    again: reembed(...cli.typed),
  });
  cli.result(done, () => renderRequantized(done), tooLittleFound(done));
}

/** What was measured has been said; this is for scripts, and for logs where only errors stay. */
function tooLittleFound({ collection, vectors, undo }: Requantization): ReembedError | null {
  const failed = vectors.filter(({ verdict }) => verdict === 'fail').map(({ vector }) => JSON.stringify(vector));
  if (failed.length === 0) return null;
  const back = undo.length === 0 ? '' : `; to put back what was before: ${undo.join('; ')}`;
  return new ReembedError('gate-not-passed', `searches of "${collection}" find too little by ${failed.join(', ')}${back}`);
}

/** The coordinator of REEMBED_URL, or Qdrant itself. */
async function openAsk(cli: Cli): Promise<AsyncDisposable & { readonly ask: Ask }> {
  const api = namedCoordinator(cli);
  if (api !== null) return { ask: (request) => api.requantize(request), [Symbol.asyncDispose]: () => api.close() };
  const { collections, points, searches, requestTimeoutMs } = await connectQdrant(cli.env);
  const deps = { collections, points, searches, requestTimeoutMs, clock: systemClock };
  return { ask: async (request) => requantize(deps, parseRequantize(request), cli.signal), async [Symbol.asyncDispose]() {} };
}

/** How often is asked how far Qdrant is, in ms. */
const everyMs = 1_000;

export type FollowRequantization = {
  readonly ask: () => Promise<Requantization>;
  readonly say: (line: string) => void;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** The command that goes on waiting, as it is printed. */
  readonly again: string;
  readonly signal?: AbortSignal;
};

/**
 * Asks until Qdrant has finished and all is measured; servers that are away for a while are waited for. Throws `still-optimizing` where that
 * takes longer than `timeoutSeconds`, and `wrong-state` where somebody else has changed the setting meanwhile.
 */
export async function followRequantization(begun: Requantization, options: FollowRequantization): Promise<Requantization> {
  const { ask, say, clock, timeoutSeconds, again, signal } = options;
  const until = clock.monotonicMs() + timeoutSeconds * 1_000;
  let now = begun;
  for (let told = ''; now.state !== 'done'; now = await patiently(ask, now)) {
    const { collection, state, waiting } = now;
    if (state === 'planned')
      throw new ReembedError(
        'wrong-state',
        `somebody else has changed how "${collection}" is quantized meanwhile: look at it, then ask again`,
      );
    if (clock.monotonicMs() > until)
      throw new ReembedError(
        'still-optimizing',
        `waited ${timeoutSeconds} s ${waiting}; the setting is changed, and ${again} goes on waiting`,
      );
    if (waiting !== null && waiting !== told) say(`waiting ${waiting}`);
    told = waiting ?? told;
    await clock.sleep(everyMs, signal);
  }
  return now;
}

async function patiently(ask: FollowRequantization['ask'], last: Requantization): Promise<Requantization> {
  try {
    return await ask();
  } catch (error) {
    if (!isReembedError(error) || error.retry === 'never') throw error;
    return { ...last, state: 'optimizing', waiting: `for an answer: ${error.message}` };
  }
}
