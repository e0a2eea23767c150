import { fileURLToPath } from 'node:url';

/** A file of the build that is made before tests: what starts from it is there in a third of the time (scripts/bundle.ts). */
export const built = (path: string) => fileURLToPath(new URL(`../../.build/${path}`, import.meta.url));

/** What a user types. */
export const reembed = built('apps/cli/bin/reembed.js');
