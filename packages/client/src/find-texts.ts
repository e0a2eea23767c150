import type { EmbedKind } from '@reembed/core';
import { skipJsonSpace, skipJsonValue, walkJsonArray, walkJsonObject } from '@reembed/core';
import type { Operation } from './operations.ts';

/** A text in Qdrant's own inference form, `{"text": …, "model": …, "options": …}`, and where it stands in a body. */
export type FoundText = {
  readonly start: number;
  readonly end: number;
  /** The vector that it is of; `""` is the unnamed one. */
  readonly vector: string;
  readonly kind: EmbedKind;
  readonly text: string;
  readonly model: string;
  /** As JSON text; null: none. */
  readonly options: string | null;
};

/** How deep a body is followed: no request of Qdrant's is half as deep, and every level is walked once more. */
const deepest = 32;

/** Whether a body can hold one at all: told without parsing it, so that what holds none costs nothing. */
export function mayHoldText(body: Buffer): boolean {
  return hasName(body, 'model') && hasName(body, 'text');
}

/** Whether a member of this name may stand in it. A small letter spelled as \u0074 may be of any name: no serializer writes one, and the server reads it. */
function hasName(json: Buffer | string, name: string): boolean {
  return json.includes(`"${name}"`) || json.includes('\\u006') || json.includes('\\u007');
}

/**
 * Every text of a body in the order in which they stand, found by walking it: nothing else of it is parsed, so whatever is not a text stays
 * as it came. Throws SyntaxError where the body is no such request, and RangeError where it is nested too deep to be one.
 */
export function findTexts(operation: Operation, body: string): FoundText[] {
  const found: FoundText[] = [];
  finders[operation]?.(body, skipJsonSpace(body, 0), found);
  return found;
}

/** The body with vectors, as JSON text, in the place of its texts. */
export function withVectors(body: string, texts: readonly FoundText[], vectors: readonly string[]): string {
  let [whole, from] = ['', 0];
  for (const [at, { start, end }] of texts.entries()) {
    whole += body.slice(from, start) + vectors[at];
    from = end;
  }
  return whole + body.slice(from);
}

/** Adds what it finds in the value at `at`, and answers the position after it. */
type Finder = (body: string, at: number, found: FoundText[]) => number;

const finders: Partial<Record<Operation, Finder>> = {
  query: (body, at, found) => findInQuery(body, at, found),
  queries: members({ searches: each((body, at, found) => findInQuery(body, at, found)) }),
  upsert: members({ points: each(findInPoint), batch: members({ vectors: findInColumns }) }),
  update_vectors: members({ points: each(findInPoint) }),
};
finders.batch = members({ operations: each(members({ upsert: finder('upsert'), update_vectors: finder('update_vectors') })) });

function finder(operation: Operation): Finder {
  return finders[operation] ?? skipJsonValue;
}

/** Looks into these members of an object. */
function members(by: Readonly<Record<string, Finder>>): Finder {
  return (body, at, found) =>
    body[at] === '{'
      ? walkJsonObject(
          body,
          at,
          (key, valueAt) => (Object.hasOwn(by, key) ? by[key] : undefined)?.(body, valueAt, found) ?? skipJsonValue(body, valueAt),
        )
      : skipJsonValue(body, at);
}

/** Looks into every item of a list. */
function each(item: Finder): Finder {
  return (body, at, found) => {
    const end = skipJsonValue(body, at);
    if (body[at] === '[') walkJsonArray(body, at, (itemAt) => item(body, itemAt, found));
    return end;
  };
}

/** A query or a prefetch: `using` names the vector that it asks, and may stand behind it. Its filters are not looked into. */
function findInQuery(body: string, at: number, found: FoundText[], depth = 0): number {
  if (depth > deepest) throw tooDeep();
  const deeper: Finder = (text, valueAt, list) => findInQuery(text, valueAt, list, depth + 1);
  let using = '';
  let queryAt = -1;
  const end = members({
    using: (text, valueAt) => {
      const valueEnd = skipJsonValue(text, valueAt);
      if (text[valueAt] === '"') using = JSON.parse(text.slice(valueAt, valueEnd)) as string;
      return valueEnd;
    },
    query: (text, valueAt) => {
      queryAt = valueAt;
      return skipJsonValue(text, valueAt);
    },
    prefetch: (text, valueAt, list) => (text[valueAt] === '[' ? each(deeper) : deeper)(text, valueAt, list),
  })(body, at, found);
  if (queryAt >= 0) findAnywhere(body, queryAt, found, { vector: using, kind: 'query' });
  return end;
}

/** The server takes the vector of a point by either name. */
function findInPoint(body: string, at: number, found: FoundText[]): number {
  return members({ vector: findInVectors, vectors: findInVectors })(body, at, found);
}

/** The vector of a point: a text for the unnamed one, or vectors by name. */
function findInVectors(body: string, at: number, found: FoundText[]): number {
  const text = readText(body, at, { vector: '', kind: 'document' });
  if (text !== null) found.push(text);
  if (text !== null || body[at] !== '{') return skipJsonValue(body, at);
  return walkJsonObject(body, at, (vector, valueAt) => {
    const named = readText(body, valueAt, { vector, kind: 'document' });
    if (named !== null) found.push(named);
    return skipJsonValue(body, valueAt);
  });
}

/** The vectors of a batch: a list for the unnamed one, or lists by name. */
function findInColumns(body: string, at: number, found: FoundText[]): number {
  if (body[at] === '[') return each(findInVectors)(body, at, found);
  if (body[at] !== '{') return skipJsonValue(body, at);
  return walkJsonObject(body, at, (vector, valueAt) => findAnywhere(body, valueAt, found, { vector, kind: 'document' }));
}

type Whose = Pick<FoundText, 'vector' | 'kind'>;

/** In a query a text may stand wherever a vector may: as it is, as an example to be near to, far from, in a pair. */
function findAnywhere(body: string, at: number, found: FoundText[], whose: Whose, depth = 0): number {
  if (depth > deepest) throw tooDeep();
  const end = skipJsonValue(body, at);
  const isNested = body[at] === '{' || body[at] === '[';
  if (!isNested || !hasName(body.slice(at, end), 'text')) return end;
  const text = readText(body, at, whose);
  if (text !== null) found.push(text);
  else if (body[at] === '{') walkJsonObject(body, at, (_, valueAt) => findAnywhere(body, valueAt, found, whose, depth + 1));
  else walkJsonArray(body, at, (itemAt) => findAnywhere(body, itemAt, found, whose, depth + 1));
  return end;
}

/** Null where the value is no text in inference form. */
function readText(body: string, start: number, whose: Whose): FoundText | null {
  if (body[start] !== '{') return null;
  const said: Record<string, string> = {};
  const end = walkJsonObject(body, start, (key, at) => {
    const valueEnd = skipJsonValue(body, at);
    if ((key === 'text' || key === 'model') && body[at] === '"') said[key] = JSON.parse(body.slice(at, valueEnd)) as string;
    if (key === 'options' && !/^(null|\{\s*\})$/.test(body.slice(at, valueEnd))) said.options = body.slice(at, valueEnd);
    return valueEnd;
  });
  const { text, model, options = null } = said;
  return text === undefined || model === undefined ? null : { start, end, ...whose, text, model, options };
}

/** What is no request of Qdrant's is for the server to refuse. */
function tooDeep(): RangeError {
  return new RangeError(`nested deeper than ${deepest}`);
}
