import { createHash } from 'node:crypto';
import { labelsSchema, type MigrationMetadata, type Spec } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/** The spec as metadata has it: labelled queries are up to megabytes, which everyone who asks for the collection would be sent. */
export function withoutLabels(spec: Spec): Spec {
  return { ...spec, gates: { ...spec.gates, queries: [], qrels: [] } };
}

/** Keeps the labels of a spec beside the metadata; answers what they are found by, null where there are none. The same again changes nothing. */
export async function keepLabels({ records }: Pick<CoordinatorDeps, 'records'>, { id, spec }: Pick<Migration, 'id' | 'spec'>) {
  const sha256 = hashOfLabels(spec);
  if (sha256 !== null) await records.keepText(id, sha256, textOf(spec));
  return sha256;
}

/** SHA-256 of what would be kept; null: there are none. */
export function hashOfLabels(spec: Spec): string | null {
  return spec.gates.queries.length === 0 ? null : createHash('sha256').update(textOf(spec)).digest('hex');
}

function textOf({ gates: { queries, qrels } }: Spec): string {
  return JSON.stringify({ queries, qrels });
}

/**
 * The accepted spec with its labels, from where they are kept; metadata of older versions has them itself. Where they are gone, those of
 * `given` are taken: the same spec as somebody submits it now, or that of the metadata, without any, where no gate is measured again. Throws `metadata-damaged` where nobody has them: a gate that measures nothing
 * would let everything pass.
 */
export async function withLabels(
  { records }: Pick<CoordinatorDeps, 'records'>,
  { id, spec, labels }: Pick<MigrationMetadata, 'id' | 'spec' | 'labels'>,
  given: Spec | null,
): Promise<Spec> {
  if (labels === null) return spec;
  const text = await records.text(id, labels);
  const kept = text === null ? given?.gates : labelsSchema.parse(JSON.parse(text));
  if (kept !== undefined) return { ...spec, gates: { ...spec.gates, queries: kept.queries, qrels: kept.qrels } };
  throw new ReembedError(
    'metadata-damaged',
    `the labelled queries of migration ${id} are gone from "reembed.migrations", and its gates measure nothing without them: ` +
      'give its spec file, which has them, to `reembed run` or `reembed submit`, and it goes on',
  );
}
