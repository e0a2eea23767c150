import { cpSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';

/**
 * Everything a process of ours loads, in few files: a command line, a coordinator or a worker reads a thousand modules from source, which takes
 * a second of CPU, and a third of that from here. `.build/` mirrors the checkout, so a path relative to a module means the same in both.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const buildDir = join(root, '.build');

/** What of the published command line is started as a process or a thread, by its path without the extension. */
export const publishedEntries = [
  'apps/cli/src/main',
  'apps/cli/src/fleet/qdrant-main',
  'apps/coordinator/src/calculating-process',
  'apps/coordinator/src/main',
  'apps/coordinator/src/planning-process',
  'apps/gateway/src/main',
  'apps/worker/src/main',
  'packages/embedders/src/here/use-lite-thread',
  'packages/embedders/src/transformers/transformers-thread',
  'packages/queue/src/redis-process/guard',
];
/** What is measured is as it is when it is installed: reading modules from source takes memory as well. */
const measuredEntries = globSync('bench/processes/*.ts', { cwd: root }).map((file) => file.replace(/\.ts$/, ''));
const testEntries = ['e2e/support/coordinator-main', 'e2e/support/worker-main', ...measuredEntries];

/** Packages that read files of their own beside their code (or that such ones load), that may not be installed, or that nobody may pass on (cohere-ai: no licence). */
export const external =
  /^(@bull-board|@energetic-ai|bullmq|ioredis|@fastify\/(static|swagger|swagger-ui)|@huggingface|@tensorflow|cli-progress|cohere-ai|gpt-tokenizer|msgpackr-extract|onnxruntime)/;

/** Builds where a source is newer than what is there; vitest calls it before tests that start processes. */
export async function setup(): Promise<void> {
  if (
    newest([
      '{apps,packages}/*/src/**/*.ts',
      'e2e/support/*.ts',
      'bench/*.ts',
      'bench/processes/*.ts',
      'package-lock.json',
      'scripts/bundle.ts',
    ]) < newest(['.build/root.js'])
  )
    return;
  await bundle(buildDir, [...publishedEntries, ...testEntries]);
  writeFileSync(join(buildDir, 'root.js'), '');
}

/** Writes these entries and all that they need into a folder, which is emptied before. Answers the files of others that are in it. */
export async function bundle(dir: string, entries: readonly string[]): Promise<string[]> {
  rmSync(dir, { recursive: true, force: true });
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry, `./${entry}.ts`])),
    platform: 'node',
    external,
    plugins: [placesKept()],
    // The oldest Node we promise has no `await using`.
    transform: { target: 'es2024' },
    logLevel: 'silent',
  });
  const { output } = await build.write({
    dir,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: { groups: [{ name: 'root', test: rootModule }] },
  });
  for (const manifest of globSync('{apps,packages}/*/package.json', { cwd: root })) copyBeside(dir, manifest);
  // Files that one entry alone needs are put into it, and who imports an index, at run time, would import that for the files' order alone.
  const started = new Set(entries.map((entry) => `${entry}.js`));
  const starting = output.flatMap((file) => (file.type === 'chunk' && file.imports.some((one) => started.has(one)) ? [file.fileName] : []));
  if (starting.length > 0) throw new Error(`importing ${starting.join(' and ')} would start a process of ours`);
  const modules = output.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
  return modules.filter((id) => id.includes('/node_modules/'));
}

/** What of the manifest a workspace reads of itself, which is its version (processes of all kinds do, for their metrics), and the data files that it publishes. */
function copyBeside(dir: string, manifest: string): void {
  const { files = [], name, version } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as Manifest;
  const folder = dirname(manifest);
  mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, folder, 'package.json'), JSON.stringify({ name, version, type: 'module' }));
  for (const file of files) cpSync(join(root, folder, file), join(dir, folder, file), { recursive: true });
}

type Manifest = { readonly name: string; readonly version: string; readonly files?: readonly string[] };

const rootModule = 'virtual:root';

/** Where the index of a workspace would stand, by its name: what is found by it is started, not imported. */
const indexes = Object.fromEntries(
  globSync('apps/{coordinator,gateway,worker}', { cwd: root }).map((app) => [`@reembed/${basename(app)}`, `${app}/src/index.js`]),
);

/** A module of ours knows itself, and the apps, by where they would stand had each been built alone. */
function placesKept(): Plugin {
  const source = `
    export const root = new URL('../', import.meta.url);
    export const resolve = (name) => new URL(${JSON.stringify(indexes)}[name], root).href;
  `;
  return {
    name: 'places-kept',
    resolveId: (id) => (id === rootModule ? id : null),
    load: (id) => (id === rootModule ? source : null),
    transform(code, id) {
      if (id === rootModule || id.includes('node_modules') || !code.includes('import.meta.')) return null;
      const place = relative(root, id).replace(/\.ts$/, '.js');
      const moved = code
        .replaceAll('import.meta.url', `new URL('${place}', placeOf.root).href`)
        .replaceAll('import.meta.resolve', 'placeOf.resolve');
      return `import * as placeOf from '${rootModule}';\n${moved}`;
    },
  };
}

/** When the last of some files was changed, in ms. */
function newest(patterns: readonly string[]): number {
  return Math.max(0, ...globSync(patterns, { cwd: root }).map((file) => statSync(join(root, file)).mtimeMs));
}

if (import.meta.main) await setup();
