import {
  type Issue,
  metadataKeys,
  type RequantizeMetadata,
  type RequantizeRequest,
  requantizeMetadataSchema,
  type VectorStorage,
} from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { inWords } from '../domain/parse-spec.ts';
import { isAtLeast } from '../domain/server-version.ts';
import { listed } from '../domain/words.ts';
import type { Collections, IndexingState } from '../ports/collections.ts';
import { sameStorage, storageOf, wantedStorage } from './vector-storage.ts';

/** What a request is judged by. */
export type RequantizeScene = {
  readonly request: RequantizeRequest;
  readonly serverVersion: string;
  readonly info: CollectionInfo;
  readonly indexing: IndexingState;
  /** Every alias of the collection. */
  readonly aliases: readonly string[];
  readonly wanted: ReadonlyMap<string, VectorStorage>;
};

/** Reads the collection and judges the request by it. Throws `plan-blocked` with every fault: field, value and the way out. */
export async function readScene(collections: Collections, request: RequantizeRequest): Promise<RequantizeScene> {
  const [serverVersion, aliases] = await Promise.all([collections.serverVersion(), collections.aliases()]);
  const name = aliases.get(request.collection) ?? request.collection;
  const info = await collections.describe(name);
  const issues = info === null ? [absent(request, await collections.names())] : findIssues(request, info, serverVersion);
  if (info === null || issues.length > 0) throw new ReembedError('plan-blocked', inWords('nothing was changed', issues), { issues });
  return {
    request,
    serverVersion,
    info,
    indexing: await collections.indexing(name),
    aliases: [...aliases].flatMap(([alias, behind]) => (behind === name ? [alias] : [])),
    wanted: wantedStorage(info, request),
  };
}

export function isInForce({ info, wanted }: Pick<RequantizeScene, 'info' | 'wanted'>): boolean {
  return [...wanted].every(([name, storage]) => sameStorage(storage, storageOf(info, name)));
}

export type Remembered = RequantizeMetadata['vectors'];

/** What is known of the time before a change that still holds, by vector. */
export function remembered({ info }: Pick<RequantizeScene, 'info'>): Remembered {
  const stored = requantizeMetadataSchema.safeParse(info.metadata[metadataKeys.requantize]);
  const vectors = Object.entries(stored.success ? stored.data.vectors : {});
  return Object.fromEntries(vectors.filter(([name, { to }]) => info.vectors[name] !== undefined && sameStorage(to, storageOf(info, name))));
}

function absent({ collection }: RequantizeRequest, names: readonly string[]): Issue {
  return { field: 'collection', value: collection, message: `no collection or alias has this name; there are: ${listed(names)}` };
}

function findIssues(request: RequantizeRequest, info: CollectionInfo, serverVersion: string): Issue[] {
  return [...vectorIssues(request, info), ...versionIssues(request, serverVersion), ...exactSearchIssues(info)];
}

function vectorIssues({ vectors = [] }: RequantizeRequest, info: CollectionInfo): Issue[] {
  const dense = Object.keys(info.vectors);
  if (dense.length === 0)
    return [{ field: 'collection', value: info.name, message: 'has sparse vectors only: quantization is for dense ones' }];
  return vectors.flatMap((name, place) => {
    if (dense.includes(name)) return [];
    const what = info.sparseVectors[name] === undefined ? 'there is no such vector' : 'is sparse: quantization is for dense vectors';
    return [{ field: `vectors.${place}`, value: name, message: `${what}; dense ones: ${listed(dense)}` }];
  });
}

function versionIssues({ quantization }: RequantizeRequest, serverVersion: string): Issue[] {
  const [kind, section] = Object.entries(quantization ?? {})[0] ?? ['none', {}];
  const { memory } = section as { memory?: string };
  const tooOld = (field: string, value: unknown, minor: number, instead: string): Issue[] =>
    isAtLeast(serverVersion, minor)
      ? []
      : [{ field, value, message: `Qdrant 1.${minor} or later has it, this one is ${serverVersion}: ${instead}` }];
  return [
    ...(kind === 'turbo' ? tooOld('quantization.turbo', section, 18, 'take scalar or binary') : []),
    ...(memory === undefined ? [] : tooOld(`quantization.${kind}.memory`, memory, 19, 'set always_ram')),
  ];
}

function exactSearchIssues({ strictModeConfig }: CollectionInfo): Issue[] {
  if (strictModeConfig?.enabled !== true || strictModeConfig.search_allow_exact !== false) return [];
  const message =
    'the strict mode of the collection refuses exact searches, by which the overlap is measured: allow them for the time with PATCH {"strict_mode_config": {"search_allow_exact": true}}';
  return [{ field: 'collection.strict_mode_config.search_allow_exact', value: false, message }];
}
