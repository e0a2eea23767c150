/** The main module of an app of this workspace: it stands beside the index that its package exports. */
export function mainOf(name: '@reembed/coordinator' | '@reembed/worker'): URL {
  const index = import.meta.resolve(name);
  return new URL(`./main${index.slice(-3)}`, index);
}
