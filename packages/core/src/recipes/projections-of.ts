import type { Migration } from '../domain/migration.ts';
import type { Adapters, Projection } from '../ports/adapters.ts';

/** The learned maps of a migration, by target vector name: those that it was planned with, and no others. Throws as `Adapters.projection`. */
export async function projectionsOf(
  adapters: Adapters,
  { spec, resolved }: Pick<Migration, 'spec' | 'resolved'>,
): Promise<Record<string, Projection>> {
  const wanted = Object.entries(spec.vectors).flatMap(([name, { project }]) => (project === undefined ? [] : [{ name, ...project }]));
  const read = wanted.map(async ({ name, adapter }) => {
    const pinned = resolved.adapters[name];
    if (pinned === undefined) throw new Error(`no adapter was planned for vector "${name}"`);
    return [name, await adapters.projection(adapter, pinned.sha256)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
