import { parsePayloadPath, parseTemplate, type VectorOrigin } from '@reembed/contracts';
import { skipJsonSpace, skipJsonValue, walkJsonArray, walkJsonObject } from '@reembed/core';
import type { Operation } from './operations.ts';

/** What of payloads a write sets, changes or takes away: the first step of each path; `all`: every field. */
type Edited = ReadonlySet<string> | 'all';

const none: Edited = new Set();

/** The writes that edit payloads, and nothing else. */
const edits: Readonly<Partial<Record<string, (body: string, at: number) => Edited>>> = {
  set_payload: editedBySet,
  delete_payload: editedByDelete,
  overwrite_payload: () => 'all',
  clear_payload: () => 'all',
};

/**
 * The vectors that a write leaves as they are although it edits what they were made from, as far as their collection says what that is: a payload is
 * edited alone, and no vector comes with it. A batch that brings vectors is taken to know what it does.
 */
export function staleVectors(origins: Readonly<Record<string, VectorOrigin>>, operation: Operation, body: string): string[] {
  const edited = readOrNone(operation, body);
  if (edited !== 'all' && edited.size === 0) return [];
  return Object.entries(origins).flatMap(([vector, { text }]) => (readsAny(text, edited) ? [vector] : []));
}

/** What cannot be read is for the server to refuse. */
function readOrNone(operation: Operation, body: string): Edited {
  try {
    return operation === 'batch' ? editedByBatch(body) : (edits[operation]?.(body, skipJsonSpace(body, 0)) ?? none);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return none;
    throw error;
  }
}

function editedByBatch(body: string): Edited {
  const found: Edited[] = [];
  let bringsVectors = false;
  const readOperation = (at: number) =>
    walkJsonObject(body, at, (name, valueAt) => {
      if (name === 'upsert' || name === 'update_vectors') bringsVectors = true;
      const edited = edits[name]?.(body, valueAt);
      if (edited !== undefined) found.push(edited);
      return skipJsonValue(body, valueAt);
    });
  walkJsonObject(body, skipJsonSpace(body, 0), (key, at) => {
    if (key === 'operations' && body[at] === '[') walkJsonArray(body, at, readOperation);
    return skipJsonValue(body, at);
  });
  if (bringsVectors) return none;
  return found.includes('all') ? 'all' : new Set(found.flatMap((edited) => (edited === 'all' ? [] : [...edited])));
}

/** `payload` is put at the top, or where `key` says. */
function editedBySet(body: string, start: number): Edited {
  const fields = new Set<string>();
  let key: string | null = null;
  walkJsonObject(body, start, (name, at) => {
    if (name === 'key' && body[at] === '"') key = JSON.parse(body.slice(at, skipJsonValue(body, at))) as string;
    if (name !== 'payload' || body[at] !== '{') return skipJsonValue(body, at);
    return walkJsonObject(body, at, (field, valueAt) => {
      fields.add(field);
      return skipJsonValue(body, valueAt);
    });
  });
  return key === null ? fields : new Set(firstStep(key));
}

function editedByDelete(body: string, start: number): Edited {
  const fields = new Set<string>();
  walkJsonObject(body, start, (name, at) => {
    const readKey = (keyAt: number): number => {
      const end = skipJsonValue(body, keyAt);
      if (body[keyAt] === '"') for (const field of firstStep(JSON.parse(body.slice(keyAt, end)) as string)) fields.add(field);
      return end;
    };
    if (name === 'keys' && body[at] === '[') walkJsonArray(body, at, readKey);
    return skipJsonValue(body, at);
  });
  return fields;
}

/** Of a path; of a text that is none, nothing. */
function firstStep(path: string): string[] {
  return (parsePayloadPath(path) ?? []).slice(0, 1).map(String);
}

function readsAny(template: string, edited: Edited): boolean {
  const read = parseTemplate(template);
  if (!('parts' in read)) return false;
  const fields = read.parts.flatMap((part) => (typeof part === 'object' ? [String(part.steps[0])] : []));
  return edited === 'all' ? fields.length > 0 : fields.some((field) => edited.has(field));
}
