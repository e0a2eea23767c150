import {
  type AuditPage,
  commandLineSettingsSchema,
  type MigrationRecord,
  type MigrationView,
  type Owner,
  readClaim,
  readOwner,
  withoutSecrets,
} from '@reembed/contracts';
import { type AuditQuery, type CompareDeps, compareKept, findRecord, readAudit, viewFromAfar } from '@reembed/core';
import { createModelCatalogue, createTextSources } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import { loadSettings, systemClock } from '@reembed/process';
import { createQdrantAudit, createQdrantLateWrites, createQdrantRecords, createQdrantSetAside } from '@reembed/qdrant';
import { connectQdrant, type QdrantConnection } from '../inputs/connect-qdrant.ts';
import { createModelCallsHere } from '../inputs/model-calls-here.ts';
import { readModelSources } from '../inputs/models-here.ts';
import type { Cli } from '../terminal/host.ts';
import type { Reading } from './read-known.ts';

/** What a Qdrant keeps of the migrations that were made in it; read without a fleet. */
export type KeptRecords = {
  readonly url: string;
  list(): Promise<readonly MigrationView[]>;
  audit(query: AuditQuery): Promise<AuditPage>;
  /** By id, name or target. */
  load(word: string): Promise<MigrationRecord | null>;
  readingOf(record: MigrationRecord): Reading;
};

/** Those of the Qdrant of QDRANT_URL. Throws `qdrant-unreachable`. */
export async function connectKeptRecords(cli: Cli): Promise<KeptRecords> {
  const qdrant = await connectQdrant(cli.env);
  const { list, load } = createQdrantRecords(qdrant);
  const setAside = createQdrantSetAside(qdrant);
  const lateWrites = createQdrantLateWrites(qdrant);
  return {
    url: withoutSecrets(qdrant.url),
    list: async () => (await list()).map((record) => viewFromAfar(record, record.view.owner)),
    audit: (query) => readAudit(createQdrantAudit(qdrant), query),
    load: (word) => findRecord({ list, load }, word),
    readingOf: ({ at, view, report }) => ({
      view: async () => viewFromAfar({ at, view }, await ownerNow(qdrant, view)),
      report: async () => report,
      async failures(_, { cursor, limit }) {
        const { entries, next } = await setAside.page(view.id, cursor, limit);
        return { failures: [...entries], next };
      },
      async lateWrites(id, { cursor, limit }) {
        const page = await lateWrites.page(id, cursor, limit);
        return { lateWrites: [...page.lateWrites], next: page.next };
      },
      // This process embeds the queries itself, for which it needs the providers' keys.
      compare: async (_, queries, limit) => compareKept(await depsHere(cli, qdrant), view, { queries, limit }),
    }),
  };
}

/** Who has it, and when that fleet was last alive: as the target says it now, which is later than the record. */
async function ownerNow({ collections }: QdrantConnection, { id, target, owner }: MigrationView): Promise<Owner | null> {
  const metadata = (await collections.describe(target))?.metadata;
  return readClaim(metadata)?.id === id ? readOwner(metadata) : owner;
}

async function depsHere({ env, signal }: Cli, { collections, points, searches }: QdrantConnection): Promise<CompareDeps> {
  const { filesDir } = loadSettings(commandLineSettingsSchema.pick({ filesDir: true }), env);
  const sources = await readModelSources(env);
  const catalogue = createModelCatalogue(sources);
  return {
    collections,
    points,
    searches,
    catalogue,
    learnedMaps: createAdapterFiles(filesDir),
    textSources: createTextSources({ ...sources, filesDir }),
    modelCalls: createModelCallsHere(catalogue, signal),
    clock: systemClock,
    fleet: { workers: async () => 1 },
  };
}
