import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpecInput } from '@reembed/contracts';
import type { Collections, Points } from '@reembed/core';
import { createQdrantCollections, createQdrantPoints } from '@reembed/qdrant';
import { startTestQdrant } from '@reembed/testkit';

/** A source of `points` points behind an alias, a spec file that moves it to a hash model, and the environment to run it in. */
export type Scene = AsyncDisposable & {
  readonly env: Readonly<Record<string, string>>;
  readonly specFile: string;
  readonly source: string;
  readonly target: string;
  readonly alias: string;
  readonly collections: Collections;
  readonly points: Points;
};

/** Of the source's vectors: what the smallest hash model has. */
const dimensions = 16;
/** The vector of every point of the source, as JSON. */
export const sourceVector = JSON.stringify(Array.from({ length: dimensions }, (_, at) => at + 1));

export type SceneOptions = {
  readonly points: number;
  readonly pagePoints?: number;
  /** The model that is declared to have made the source's vectors; default: none is declared. */
  readonly oldModel?: string;
  readonly gates?: SpecInput['gates'];
  /** Of a local server; default: the newest, or the server under test. */
  readonly serverVersion?: string;
};

export async function setScene({ points: wanted, pagePoints = 64, oldModel, gates, serverVersion }: SceneOptions): Promise<Scene> {
  const qdrant = await (serverVersion === undefined ? startTestQdrant() : startTestQdrant({ asVersion: serverVersion }));
  const address = { url: qdrant.url, requestTimeoutMs: 30_000 };
  const collections = createQdrantCollections(address);
  const points = createQdrantPoints({ ...address, connections: 4 });
  const [source, target, alias] = ['old', 'new', 'docs'].map(qdrant.collectionName) as [string, string, string];
  await collections.create(source, { vectors: { size: dimensions, distance: 'Dot' } });
  for (let from = 1; from <= wanted; from += 500) {
    const ids = Array.from({ length: Math.min(500, wanted - from + 1) }, (_, at) => String(from + at));
    const batch = ids.map((id) => ({
      id: { kind: 'integer' as const, id },
      payload: `{"title":"point ${id}"}`,
      vectors: { '': sourceVector },
    }));
    await points.insertOnly(source, batch);
  }
  await collections.pointAlias(alias, source);
  const folder = await mkdtemp(join(tmpdir(), 'reembed-cli-'));
  const specFile = join(folder, 'spec.json');
  const spec = {
    name: 'test',
    source: { collection: source, ...(oldModel && { vectors: { '': { model: oldModel, text: '{{title}}' } } }) },
    target: { collection: target, alias },
    vectors: { '': { embed: { model: 'hash/64', text: '{{title}}' } } },
    copy: { rangePoints: 256, pagePoints },
    gates,
  };
  await writeFile(specFile, JSON.stringify(spec));
  return {
    env: { QDRANT_URL: qdrant.url, REEMBED_REQUEST_TIMEOUT_MS: '2000' },
    specFile,
    source,
    target,
    alias,
    collections,
    points,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
      await qdrant[Symbol.asyncDispose]();
    },
  };
}
