import { readFileSync } from 'node:fs';

/** The version in a `package.json`; a source finds its own one folder above `src`, and so does what was built of it. */
export function packageVersion(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
