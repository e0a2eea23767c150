import { documentFormat, migrationDocumentSchema } from '@reembed/contracts';
import { type Migration, ReembedError, reembed } from '@reembed/core';
import { z } from 'zod';
import { parsedJson } from '../redis/parsed-json.ts';

const formatSchema = z.object({ format: z.int().default(1) });

/** The text of a document: with its format, by which a process that does not know it leaves it alone. */
export function textOfDocument(migration: Migration): string {
  return JSON.stringify({ ...migration, format: documentFormat });
}

/**
 * Reads a document. `target`: as it is stored beside it, null where it is not. Throws `newer-version` where a process of a later version wrote it, and
 * `document-damaged` where it is not what any version writes.
 */
export function readDocument(id: string, text: string, target: string | null): Migration {
  const json = parsedJson(text);
  const { format } = formatSchema.safeParse(json).data ?? { format: documentFormat };
  if (format > documentFormat) throw newer(id, format);
  const read = migrationDocumentSchema.safeParse(json);
  if (!read.success) throw damaged(id, target, wordsOf(read.error));
  if (read.data.id !== id) throw damaged(id, target, `id: is ${JSON.stringify(read.data.id)}`);
  const { format: _, ...migration } = read.data;
  return migration;
}

function wordsOf({ issues: [first] }: z.ZodError): string {
  return first === undefined || first.path.length === 0 ? 'it is no JSON object' : `${first.path.join('.')}: ${first.message}`;
}

function newer(id: string, format: number): ReembedError {
  return new ReembedError(
    'newer-version',
    `the document of migration ${id} in Redis is of format ${format}, and this process reads formats up to ${documentFormat}: a newer version of reembed works on it. Upgrade this process, or leave the migration to those that are newer`,
  );
}

function damaged(id: string, target: string | null, why: string): ReembedError {
  const goOn = target === null ? '' : `${reembed('adopt', target)} goes on from what its target says; where there is none any more, `;
  return new ReembedError(
    'document-damaged',
    `the document of migration ${id} in Redis cannot be read (${why}), so nobody works on it: ${goOn}${reembed('discard', id)} forgets it`,
  );
}
