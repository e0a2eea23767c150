import { defineConfig } from 'vitest/config';

/** A job of a killed worker takes its lock time to come back; on a busy machine everything takes its time. */
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
