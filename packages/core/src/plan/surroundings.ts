import type { Spec } from '@reembed/contracts';
import type { CollectionInfo, Collections } from '../ports/collections.ts';

/** What stands around a migration before it begins. */
export type Surroundings = {
  readonly serverVersion: string;
  readonly aliases: ReadonlyMap<string, string>;
  readonly collections: readonly string[];
  /** The source under its own name; null where there is none. */
  readonly source: CollectionInfo | null;
  /** The alias by which the spec names the source; null where it names the collection. */
  readonly sourceAlias: string | null;
  readonly target: CollectionInfo | null;
};

/** Reads it all, and resolves the source's alias: once, here, and never again. */
export async function surroundings(collections: Collections, spec: Spec): Promise<Surroundings> {
  const [serverVersion, aliases, names] = await Promise.all([collections.serverVersion(), collections.aliases(), collections.names()]);
  const given = spec.source.collection;
  const behindAlias = aliases.get(given);
  const [source, target] = await Promise.all([collections.describe(behindAlias ?? given), collections.describe(spec.target.collection)]);
  return { serverVersion, aliases, collections: names, source, sourceAlias: behindAlias === undefined ? null : given, target };
}
