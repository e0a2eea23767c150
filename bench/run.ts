import { parseArgs } from 'node:util';
import { machine, type Scenario, withBench } from './harness.ts';
import { bridge } from './scenarios/bridge.ts';
import { coordinator } from './scenarios/coordinator.ts';
import { copy } from './scenarios/copy.ts';
import { gateCurves } from './scenarios/gate-curves.ts';
import { gateway } from './scenarios/gateway.ts';
import { idle } from './scenarios/idle.ts';
import { localServer } from './scenarios/local-server.ts';
import { longTexts } from './scenarios/long-texts.ts';
import { maps } from './scenarios/maps.ts';
import { memory } from './scenarios/memory.ts';
import { models } from './scenarios/models.ts';
import { copyPieces } from './scenarios/pieces.ts';
import { project } from './scenarios/project.ts';
import { provider } from './scenarios/provider.ts';
import { quality } from './scenarios/quality.ts';
import { redis } from './scenarios/redis.ts';
import { requests } from './scenarios/requests.ts';
import { restart } from './scenarios/restart.ts';
import { run } from './scenarios/run.ts';
import { scroll } from './scenarios/scroll.ts';
import { search } from './scenarios/search.ts';
import { split } from './scenarios/split.ts';
import { sync } from './scenarios/sync.ts';
import { trial } from './scenarios/trial.ts';
import { vectorJson } from './scenarios/vector-json.ts';

const scenarios: readonly Scenario[] = [
  copy,
  run,
  sync,
  split,
  restart,
  redis,
  memory,
  coordinator,
  search,
  copyPieces,
  idle,
  scroll,
  localServer,
  vectorJson,
  models,
  longTexts,
  provider,
  requests,
  project,
  quality,
  bridge,
  trial,
  gateCurves,
  gateway,
  maps,
];

const usage = `npm run bench -- [name ...] [--points N] [--dimensions N] [--rounds N] [--peer '<command>']

Runs the scenarios whose names contain one of the words, or all:
${scenarios.map(({ name, summary }) => `  ${name.padEnd(18)} ${summary}`).join('\n')}

REEMBED_BENCH_QDRANT_URL   a Qdrant to measure against; collections reembed-bench-* are made there and dropped. Without it a local
                           server stands in, which says nothing of the speed of a real one.
REEMBED_BENCH_QDRANT_GRPC_URL  its gRPC interface: copies go over it, beside those over REST and a bare client's
--peer                     for copy and run: another tool's command, run in the same rounds; {source} {target} {restUrl} {grpcUrl} stand in it
REEMBED_CONFIG             for models: a reembed.config.yaml whose transformers models are measured beside local/use-lite, which is alone without it
REEMBED_MODELS             for models: the directory of their files
REEMBED_DATA               for quality, bridge and trial: a folder of data sets, each with corpus.jsonl, queries.jsonl, qrels.tsv
REEMBED_BENCH_OPENAI_URL   for these: a server with the interface of OpenAI whose model is compared with the local one
REEMBED_BENCH_VARIANT_URL  for quality: a third model, such as a variant of the second one in the same space
REEMBED_BENCH_NODE_OPTIONS options for the measured processes, such as --cpu-prof`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    points: { type: 'string' },
    dimensions: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
    peer: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)));
const real = (process.env.REEMBED_BENCH_QDRANT_URL ?? '') !== '';
const size = {
  points: Number(values.points ?? (real ? 100_000 : 20_000)),
  dimensions: Number(values.dimensions),
  rounds: Number(values.rounds),
  peer: values.peer,
};

if (values.help || chosen.length === 0) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 1;
} else {
  await withBench(size, console.log, async (bench) => {
    const server = real ? `Qdrant ${await bench.collections.serverVersion()}` : 'the local server';
    console.log(`${machine()}; ${server}; ${size.points} points × ${size.dimensions} dimensions; median of ${size.rounds} rounds`);
    if (!real) {
      console.log('Against the local server speeds and ratios prove nothing: look at the CPU time a point, and at memory.');
      console.log('Set REEMBED_BENCH_QDRANT_URL to measure against a Qdrant.');
    }
    for (const scenario of chosen) {
      console.log(`\n${scenario.name}: ${scenario.summary}\n`);
      await scenario.run(bench);
    }
  });
}
