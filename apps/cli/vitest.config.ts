import { defineConfig } from 'vitest/config';

/** Whole processes are started, and on a busy machine everything takes its time. */
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 50_000 } } } });
