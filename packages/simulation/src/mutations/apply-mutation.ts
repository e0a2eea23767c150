import { registerHooks } from 'node:module';
import { type Mutation, mutations } from './mutations.ts';

/** Takes a rule out of core, as it is loaded from here on: before anything imports it. Throws where the text is not there any more. */
export function applyMutation(name: string): Mutation {
  const mutation = mutations.find((one) => one.name === name);
  if (mutation === undefined) throw new Error(`there is no mutation "${name}": ${mutations.map((one) => one.name).join(', ')}`);
  const { file, from, to } = mutation;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/core/src/${file}`)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(from)) throw new Error(`${file} says ${JSON.stringify(from)} no more: mend the mutation "${name}"`);
      return { ...loaded, source: source.replace(from, () => to) };
    },
  });
  return mutation;
}
