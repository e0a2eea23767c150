import { defineConfig } from 'vitest/config';

/** Most of a scenario is waiting for locks to run out, so more run at once than there are cores. */
export default defineConfig({
  test: { testTimeout: 300_000, hookTimeout: 120_000, maxWorkers: 3, maxConcurrency: 3 },
});
