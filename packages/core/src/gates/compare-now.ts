import type { CompareReply } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { searchedVectors } from '../ports/searches.ts';
import type { SearchAnswer } from '../quality/searched-query.ts';
import { readHitTexts } from './hit-texts.ts';
import { embeddedQueries } from './quality-gate.ts';
import { newProfile } from './query-encoders.ts';
import { hitReading, searchSide, sidesOf } from './search-sides.ts';

/** How long a person waits for the fleet to embed a few queries, in ms. */
const longestWaitMs = 60_000;

/** What a comparison works with: a coordinator's ports, or as much of them as a command has. */
export type CompareDeps = Pick<
  CoordinatorDeps,
  'collections' | 'points' | 'searches' | 'modelCalls' | 'catalogue' | 'learnedMaps' | 'textSources' | 'clock'
> & { readonly fleet: Pick<CoordinatorDeps['fleet'], 'workers'> };

/** The parts of a migration by which both sides are asked. */
export type ComparedMigration = Pick<Migration, 'id' | 'spec' | 'resolved' | 'origins'>;

/**
 * Asks both collections each query as applications do, through the index. Throws `wrong-state` where a side is not there or it is not known
 * how it is asked, `no-worker` where nobody embeds the queries in time, and what a model call ended with.
 */
export async function compareNow(
  deps: CompareDeps,
  migration: ComparedMigration,
  { queries, limit }: { readonly queries: readonly string[]; readonly limit: number },
): Promise<CompareReply> {
  const { spec, resolved } = migration;
  const [source, target] = await Promise.all([
    deps.collections.describe(resolved.source),
    deps.collections.describe(spec.target.collection),
  ]);
  const profile = newProfile(spec);
  if (source === null || target === null)
    throw new ReembedError(
      'wrong-state',
      `"${source === null ? resolved.source : spec.target.collection}" is not there: both collections are asked`,
    );
  if (profile === null)
    throw new ReembedError('wrong-state', 'the target has several vectors: say with search.new.using which one applications will search');
  const texts = queries.map((text, at) => ({ id: String(at), text }));
  const prepared = await inTime(deps, () => embeddedQueries(deps, migration, { asked: searchedVectors(profile), source, texts }));
  if ('failed' in prepared) throw prepared.cause ?? new ReembedError('wrong-state', prepared.failed);
  const { signal } = new AbortController();
  const context = { searches: deps.searches, sides: sidesOf(migration, profile), reading: hitReading(migration), signal };
  const compared: CompareReply['queries'] = [];
  for (const query of prepared) {
    const old = await searchSide(context, 'old', query.queries.old, false, limit);
    const fresh = await searchSide(context, 'new', query.queries.new, false, limit);
    compared.push({ query: query.text, old: await shown(deps, migration, old), new: await shown(deps, migration, fresh) });
  }
  return { queries: compared };
}

async function shown(deps: CompareDeps, migration: ComparedMigration, { hits }: SearchAnswer) {
  const texts = await readHitTexts(deps, migration, hits);
  const read = 'failed' in texts ? hits.map((hit) => ({ ...hit, text: hit.text || `(not read: ${texts.failed})` })) : hits.map(texts.of);
  return read.map(({ id, score, text }) => ({ id, score, text }));
}

async function inTime<T>({ clock, fleet }: CompareDeps, look: () => Promise<T | null>): Promise<T> {
  const until = clock.monotonicMs() + longestWaitMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    const workers = await fleet.workers();
    if (workers === 0 || clock.monotonicMs() > until)
      throw new ReembedError(
        'no-worker',
        `${workers} worker(s) run, and the queries are not embedded: start one with \`reembed worker\`, then ask again`,
      );
    await clock.sleep(100);
  }
}
