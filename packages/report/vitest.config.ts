import { defineConfig } from 'vitest/config';

/** Nothing here has a state of its own: files may share their imports. */
export default defineConfig({ test: { isolate: false } });
