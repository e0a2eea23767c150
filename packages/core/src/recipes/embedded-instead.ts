import type { Spec } from '@reembed/contracts';
import type { PlanScene } from './plan-scene.ts';

/** The spec with every mapped vector embedded instead, by the model that its map leads to: the other road. Maps that cannot be read stay. */
export function embeddedInstead({ spec, adapters }: Pick<PlanScene, 'spec' | 'adapters'>): Spec {
  const vectors = Object.entries(spec.vectors).map(([name, { project, ...vector }]) => {
    const header = adapters[name];
    if (project === undefined) return [name, vector];
    if (header === undefined || header instanceof Error) return [name, { ...vector, project }];
    const { model, text } = header.to;
    return [name, { ...vector, embed: { model, text, via: 'worker', onMissingText: 'quarantine', onLongText: 'quarantine', options: {} } }];
  });
  return { ...spec, vectors: Object.fromEntries(vectors) };
}
