import { adapterPath, holdMap, loadAdapter, openLinearAlgebra } from '@reembed/adapters';
import { type Migration, type Projection, ReembedError } from '@reembed/core';

/** The learned maps of a migration, by target vector name. Throws `invalid-adapter`, or `adapter-changed` where the file is another than the plan's. */
export type Projections = (migration: Pick<Migration, 'spec' | 'resolved'>) => Promise<Record<string, Projection>>;

/** Reads each map once a process, from the directory that REEMBED_FILES names; what could not be read is tried again by the next range. */
export function createProjections(filesDir: string): Projections {
  const held = new Map<string, Promise<Projection>>();
  const projection = (adapter: string, sha256: string) => {
    const known = held.get(sha256) ?? load(filesDir, adapter, sha256);
    held.set(sha256, known);
    known.catch(() => held.delete(sha256));
    return known;
  };
  return async ({ spec, resolved }) => {
    const wanted = Object.entries(spec.vectors).flatMap(([name, { project }]) => (project === undefined ? [] : [{ name, ...project }]));
    const made = wanted.map(async ({ name, adapter }) => [name, await projection(adapter, resolved.adapters[name]?.sha256 ?? '')] as const);
    return Object.fromEntries(await Promise.all(made));
  };
}

async function load(filesDir: string, adapter: string, sha256: string): Promise<Projection> {
  const [{ header, map }, algebra] = await Promise.all([loadAdapter(adapterPath(filesDir, adapter)), openLinearAlgebra()]);
  if (header.sha256 !== sha256) {
    throw new ReembedError(
      'adapter-changed',
      `${adapter} in ${filesDir} of this worker has SHA-256 ${header.sha256}, and the migration was planned with ${sha256}: put the planned file there and resume, or plan a new migration into another collection`,
    );
  }
  return holdMap(algebra, map).apply;
}
