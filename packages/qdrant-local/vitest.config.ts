import { defineConfig } from 'vitest/config';

/** Test files share a server where `REEMBED_TEST_QDRANT_URL` names one, and then have to take turns. */
export default defineConfig({
  test: { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: (process.env.REEMBED_TEST_QDRANT_URL ?? '') === '' },
});
