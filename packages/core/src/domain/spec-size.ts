import type { Issue, Spec } from '@reembed/contracts';

/**
 * Bytes of JSON that a spec may take in its target's metadata, which everyone who asks for the collection is sent: with what else stands there
 * it stays below 16 kB. Labelled queries are kept elsewhere and do not count; vectors count twice, because their templates stand there twice.
 */
export const mostSpecBytes = 8_192;

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');

/** The fault of a spec that is too long for metadata, at the field that takes most of it; null: it fits. */
export function tooLong(spec: Spec): Issue | null {
  const { gates, ...rest } = spec;
  const { queries: _queries, qrels: _qrels, ...kept } = gates;
  const bytes = bytesOf({ ...rest, gates: kept }) + bytesOf(spec.vectors);
  if (bytes <= mostSpecBytes) return null;
  const [field, longest] = longestField(spec);
  return {
    field,
    value: `${longest} bytes`,
    message:
      `is most of a spec that would take ${bytes} bytes in the metadata of its target, and may take ${mostSpecBytes}: make it shorter` +
      (field === 'source.filter' ? '; instead of listing ids, match a payload field that they share' : ''),
  };
}

function longestField({ source, target, vectors, models, search }: Spec): [string, number] {
  const parts = { source, target, search };
  const fields: [string, number][] = Object.entries(parts).flatMap(([part, values]) =>
    Object.entries(values).map(([name, value]): [string, number] => [`${part}.${name}`, bytesOf(value)]),
  );
  for (const [name, said] of Object.entries(models)) fields.push([`models.${JSON.stringify(name)}`, bytesOf(said)]);
  for (const [name, vector] of Object.entries(vectors)) fields.push([`vectors.${JSON.stringify(name)}`, 2 * bytesOf(vector)]);
  return fields.reduce((longest, field) => (field[1] > longest[1] ? field : longest));
}
