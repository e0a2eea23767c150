import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { metadataKeys, type PointId } from '@reembed/contracts';
import { type Collections, type ModelCatalogue, type Points, ReembedError, renderText } from '@reembed/core';
import { vectorToJson } from '@reembed/qdrant';
import { splitByHeading } from './split-by-heading.ts';

/** A chunk of documentation as a point: an id, and a payload as users have them. */
export type DocumentChunk = {
  readonly id: PointId;
  readonly payload: {
    readonly title: string;
    readonly text: string;
    readonly package: string;
    readonly version: string;
    readonly path: string;
    readonly url: string;
    readonly words: number;
  };
};

/** So that one large package does not fill the collection. */
const mostOfOnePackage = 45;
const maxWords = 48;

/**
 * Up to `wanted` chunks of the documentation of the npm packages installed here: real texts that need no download. Readmes get integer
 * ids, the other documents UUIDs, as a collection that has grown has both. Throws `not-found` where there are none.
 */
export async function collectDocuments(wanted: number, modules = installedModules()): Promise<DocumentChunk[]> {
  const packages = await Promise.all((await packageFolders(modules)).map((folder) => chunksOf(modules, folder)));
  // The packages that explain most come first: a few topics in depth make better searches than a line on everything.
  const chunks = packages
    .toSorted((a, b) => b.length - a.length)
    .flatMap((all) => evenly(all, mostOfOnePackage))
    .slice(0, wanted);
  if (chunks.length === 0) throw new ReembedError('not-found', `there are no documentation files of npm packages in ${modules}`);
  return chunks.map((payload, at) => ({ id: idOf(payload, at), payload }));
}

/** The node_modules this installation runs from. */
function installedModules(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('cli-progress/package.json')));
}

async function packageFolders(modules: string): Promise<string[]> {
  const names = (await readdir(modules)).toSorted().filter((name) => !name.startsWith('.'));
  const folders = await Promise.all(
    names.map(async (name) =>
      name.startsWith('@') ? (await readdir(join(modules, name))).toSorted().map((part) => join(name, part)) : [name],
    ),
  );
  // Our own packages are documented for other readers.
  return folders
    .flat()
    .filter((folder) => !folder.startsWith('@reembed') && folder !== 'reembed')
    .map((folder) => join(modules, folder));
}

async function chunksOf(modules: string, folder: string): Promise<DocumentChunk['payload'][]> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null);
  if (manifest === null) return [];
  const { version } = JSON.parse(manifest) as { version?: string };
  const name = relative(modules, folder).split(sep).join('/');
  const files = await documentFiles(folder);
  const perFile = await Promise.all(
    files.map(async (file) => {
      const path = relative(folder, file).split(sep).join('/');
      return splitByHeading(await readFile(file, 'utf8'), maxWords).map(({ headings, text }) => ({
        title: [name, ...headings.filter((heading) => heading.toLowerCase() !== name)].join(' / '),
        text,
        package: name,
        version: version ?? '0.0.0',
        path,
        url: `https://www.npmjs.com/package/${name}/v/${version}?activeTab=code#${path}`,
        words: text.split(' ').length,
      }));
    }),
  );
  return perFile.flat();
}

/** The readme, and everything under docs. */
async function documentFiles(folder: string): Promise<string[]> {
  const readmes = (await readdir(folder)).filter((name) => /^readme\.md$/i.test(name)).map((name) => join(folder, name));
  const docs = await readdir(join(folder, 'docs'), { recursive: true }).catch(() => []);
  return [
    ...readmes,
    ...docs
      .filter((name) => name.endsWith('.md'))
      .toSorted()
      .map((name) => join(folder, 'docs', name)),
  ];
}

/** At most `most` of a list, spread over the whole of it. */
function evenly<T>(list: readonly T[], most: number): T[] {
  const step = Math.max(1, list.length / most);
  return list.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step)).slice(0, most);
}

function idOf({ package: name, path }: DocumentChunk['payload'], at: number): PointId {
  if (!path.startsWith('docs/')) return { kind: 'integer', id: String(at + 1) };
  const hex = createHash('sha256').update(`${name}/${path}/${at}`).digest('hex');
  return {
    kind: 'uuid',
    id: [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-'),
  };
}

export type SeedOptions = {
  readonly collections: Collections;
  readonly points: Points;
  readonly catalogue: ModelCatalogue;
  readonly collection: string;
  readonly alias: string;
  readonly model: string;
  readonly template: string;
};

const batch = 128;

/** Makes the collection that a user had before: embedded with an old model, which its metadata names, behind an alias. */
export async function seedCollection(documents: readonly DocumentChunk[], options: SeedOptions): Promise<void> {
  const { collections, points, collection, alias, model, template } = options;
  const embedder = options.catalogue.embedder(model);
  const size = options.catalogue.facts(model)?.dimensions;
  if (typeof size !== 'number') throw new Error(`the size of ${model} is not known`);
  const origin = { vectors: { '': { model, dimensions: size, text: template } } };
  await collections.create(collection, { vectors: { size, distance: 'Cosine' }, metadata: { [metadataKeys.migration]: origin } });
  await collections.createPayloadIndex(collection, 'package', 'keyword');
  for (let at = 0; at < documents.length; at += batch) {
    const part = documents.slice(at, at + batch).map(({ id, payload }) => ({ id, payload: JSON.stringify(payload) }));
    const texts = part.map(({ payload }) => renderText(template, payload) ?? '');
    const { vectors, dimensions } = await embedder.embed(texts, { kind: 'document' });
    await points.insertOnly(
      collection,
      part.map((point, row) => ({ ...point, vectors: { '': vectorToJson(vectors.subarray(row * dimensions, (row + 1) * dimensions)) } })),
    );
  }
  await embedder.close();
  await collections.pointAlias(alias, collection);
}
