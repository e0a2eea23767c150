import { defineConfig } from 'vitest/config';

/** Nothing here has a state of its own: files may share their imports. On a busy machine everything takes its time. */
export default defineConfig({ test: { isolate: false, testTimeout: 60_000, hookTimeout: 60_000 } });
