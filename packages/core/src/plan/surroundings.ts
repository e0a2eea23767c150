import type { Spec } from '@reembed/contracts';
import type { Collections } from '../ports/collections.ts';
import type { Surroundings } from '../recipes/plan-scene.ts';

/** Reads it all, and resolves the source's alias: once, here, and never again. */
export async function surroundings(collections: Collections, spec: Spec): Promise<Surroundings> {
  const [serverVersion, aliases, names] = await Promise.all([collections.serverVersion(), collections.aliases(), collections.names()]);
  const given = spec.source.collection;
  const behindAlias = aliases.get(given);
  const [source, target] = await Promise.all([collections.describe(behindAlias ?? given), collections.describe(spec.target.collection)]);
  return { serverVersion, aliases, collections: names, source, sourceAlias: behindAlias === undefined ? null : given, target };
}
