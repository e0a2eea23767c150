import { registerHooks } from 'node:module';
import { type Mutation, mutations } from './mutations.ts';

/** Takes a rule out of core, as it is loaded from here on: before anything imports it. Throws where a text is not there any more. */
export function applyMutation(name: string): Mutation {
  const mutation = mutationOf(name);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const edits = mutation.edits.filter(({ file }) => url.endsWith(`/packages/${file}`));
      if (edits.length === 0) return loaded;
      let source = String(loaded.source);
      for (const { file, from, to } of edits) {
        if (!source.includes(from)) throw new Error(`${file} says ${JSON.stringify(from)} no more: mend the mutation "${name}"`);
        source = source.replace(from, () => to);
      }
      return { ...loaded, source };
    },
  });
  return mutation;
}

/** Throws where there is none of that name. */
export function mutationOf(name: string): Mutation {
  const mutation = mutations.find((one) => one.name === name);
  if (mutation === undefined) throw new Error(`there is no mutation "${name}": ${mutations.map((one) => one.name).join(', ')}`);
  return mutation;
}
