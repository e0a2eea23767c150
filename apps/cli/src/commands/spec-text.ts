import type { LookedAt } from '@reembed/core';

export type Draft = {
  readonly seen: LookedAt;
  readonly text: string;
  readonly model: string;
  readonly target: string;
  /** What made the old vectors; null where no model was confirmed. */
  readonly old: string | null;
  readonly alias: string | null;
  /** What was found, for the head of the file. */
  readonly notes: readonly string[];
};

/** A spec as YAML, with what was found and why each line is there. Values are JSON, which YAML reads as it is. */
export function specText({ seen, text, model, target, old, alias, notes }: Draft): string {
  const said = (value: string) => JSON.stringify(value);
  const vector = seen.vector ?? '';
  const kept = [...Object.keys(seen.source.vectors), ...Object.keys(seen.source.sparseVectors)].filter((name) => name !== vector);
  const missing = seen.framework?.hasMarkers === true ? ', onMissingText: keep-without-vector' : '';
  const origin = `${said(vector)}: { model: ${said(old ?? 'provider/name')}, text: ${said(text)} }`;
  return [
    '# Found when this was written; docs/spec.md has every field.',
    ...notes.map((line) => `#   ${line}`),
    `name: ${said(`${seen.source.name}-to-${target}`)}`,
    'source:',
    `  collection: ${said(seen.source.name)}`,
    old === null
      ? '  # What made the old vectors, once you know it: the quality gate and a rollback without loss go by it.'
      : '  # Twenty stored texts, embedded again by this model, gave what is stored.',
    ...(old === null ? ['  # vectors:', `  #   ${origin}`] : ['  vectors:', `    ${origin}`]),
    'target:',
    `  collection: ${said(target)}`,
    alias === null
      ? `  # No alias points at it. Readers that ask for an alias are switched in one step: reembed alias create ${seen.source.name}_live ${seen.source.name}, then`
      : '  # What readers ask for: it moves in one step, on your word.',
    alias === null ? `  # alias: ${said(`${seen.source.name}_live`)}` : `  alias: ${said(alias)}`,
    'vectors:',
    `  ${said(vector)}: { embed: { model: ${said(model)}, text: ${said(text)}${missing} } }`,
    ...kept.map((name) => `  ${said(name)}: { keep: ${said(name)} }`),
    '# Next: reembed plan <this file>, which says what it costs and what stands in its way, and writes nothing.',
  ].join('\n');
}
