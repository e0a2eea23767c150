import { defineConfig } from 'vitest/config';

/** On a busy machine everything takes its time. */
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
