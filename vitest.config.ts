import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that start more than this process, or take seconds: a Redis, a Qdrant, a Python, processes of ours, threads with a model. */
const services = [
  'apps/cli/src/{advice/*,bin,command-line,commands/**/*,fleet/**/*,inputs/**/*}.test.ts',
  'apps/coordinator/src/{build-server,people/people,planning/planning,start-coordinator}.test.ts',
  'apps/gateway/src/{both-sides,build-gateway,how-to-page,old-model-away,pass-on,shared-budget}.test.ts',
  'packages/client/src/{client,live-*}.test.ts',
  'packages/embedders/src/{embedder-contract,bm25/bm25,here/*,providers/*,providers-docs,served/{access,provider-faults,provider-moods,tls},texts/text-service,transformers/*}.test.ts',
  'packages/learned-maps/src/query-side.test.ts',
  'packages/process/src/run-app.test.ts',
  'packages/qdrant/src/{binary-stores,older-qdrant,qdrant-*}.test.ts',
  'packages/qdrant-local/src/{official-client,faults/*,replay/*,server/*}.test.ts',
  'packages/queue/src/**/*.test.ts',
  'packages/simulation/src/mutations/*.test.ts',
];

/** Some want a given Qdrant for themselves, empty; without, each has its own, and more run than there are cores, since most of them wait. */
const servicesAtOnce = (process.env.REEMBED_TEST_QDRANT_URL ?? '') === '' ? 3 : 1;

/** Small files that take long: with nothing measured yet the larger file is first, and one core would wait for these at the end. */
const long = /(demo\/run-demo|e2e\/(chaos|image)\/\w+|faults\/redis-killed)\.test\.ts$/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byProject = Map.groupBy(await super.sort(files), ({ project }) => project.name);
    const place = ({ moduleId }: TestSpecification) => (long.test(moduleId) ? 0 : 1);
    return [...byProject.values()].flatMap((ofOne) => ofOne.toSorted((a, b) => place(a) - place(b)));
  }
}

/** On a busy machine everything takes its time. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 50_000 } } };

/** One after the other: what runs beside what is not left to chance. No file leaves anything behind, so files share their imports. */
export default defineConfig({
  test: {
    isolate: false,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          ...patience,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
          exclude: services,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...patience,
          name: 'services',
          include: services,
          globalSetup: 'scripts/bundle.ts',
          maxWorkers: servicesAtOnce,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: 'scripts/bundle.ts',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          retry: 1,
          maxWorkers: 4,
          maxConcurrency: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
