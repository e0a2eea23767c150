/**
 * Reading JSON text without parsing it. A payload travels from Qdrant to Qdrant as the text it came in, so that 9007199254740993 and 1.0
 * arrive as they were; what a template needs of it is found by walking the text, and only that is parsed.
 * The text is taken to be valid JSON, as a server's answer is; where it is not, a SyntaxError is thrown or the end of the text returned.
 */

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/** The position of the first character at or after `at` that is not white space. */
export function skipJsonSpace(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) <= 0x20) end++;
  return end;
}

/** The position after the string whose opening quote is at `at`. */
export function skipJsonString(text: string, at: number): number {
  for (let from = at + 1; ; ) {
    const end = text.indexOf('"', from);
    if (end === -1) throw malformed(text, at, 'a string that does not end');
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
    from = end + 1;
  }
}

/** The position after the value that begins at `at` (no white space before it). Strings are leapt over, nothing is parsed. */
export function skipJsonValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === quote) return skipJsonString(text, at);
  if (first === openBrace || first === openBracket) return skipNested(text, at);
  let end = at;
  for (let code = first; code > 0x20 && code !== comma && code !== closeBrace && code !== closeBracket; code = text.charCodeAt(++end));
  if (end === at) throw malformed(text, at, 'no value');
  return end;
}

function skipNested(text: string, at: number): number {
  let depth = 0;
  for (let next = at; next < text.length; ) {
    const code = text.charCodeAt(next);
    if (code === quote) {
      next = skipJsonString(text, next);
      continue;
    }
    next++;
    if (code === openBrace || code === openBracket) depth++;
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return next;
  }
  throw malformed(text, at, 'an object or array that does not end');
}

/**
 * Calls `visit` with every key of the object at `at` and the position of its value; `visit` answers the position after the value, or -1 to
 * stop. Answers the position after the object, or -1 where it was stopped.
 */
export function walkJsonObject(text: string, at: number, visit: (key: string, valueAt: number) => number): number {
  if (text.charCodeAt(at) !== openBrace) throw malformed(text, at, 'an object was expected');
  let next = skipJsonSpace(text, at + 1);
  if (text.charCodeAt(next) === closeBrace) return next + 1;
  for (;;) {
    const keyEnd = skipJsonString(text, next);
    const colonAt = skipJsonSpace(text, keyEnd);
    if (text.charCodeAt(colonAt) !== colon) throw malformed(text, colonAt, 'a colon was expected');
    next = visit(readJsonKey(text, next, keyEnd), skipJsonSpace(text, colonAt + 1));
    if (next === -1) return -1;
    next = skipJsonSpace(text, next);
    const code = text.charCodeAt(next);
    if (code === closeBrace) return next + 1;
    if (code !== comma) throw malformed(text, next, 'a comma or the end of the object was expected');
    next = skipJsonSpace(text, next + 1);
  }
}

/** Calls `visit` with the position of every item of the array at `at`; `visit` answers the position after it. */
export function walkJsonArray(text: string, at: number, visit: (itemAt: number) => number): void {
  if (text.charCodeAt(at) !== openBracket) throw malformed(text, at, 'an array was expected');
  let next = skipJsonSpace(text, at + 1);
  if (text.charCodeAt(next) === closeBracket) return;
  for (;;) {
    next = skipJsonSpace(text, visit(next));
    const code = text.charCodeAt(next);
    if (code === closeBracket) return;
    if (code !== comma) throw malformed(text, next, 'a comma or the end of the array was expected');
    next = skipJsonSpace(text, next + 1);
  }
}

function readJsonKey(text: string, at: number, end: number): string {
  const raw = text.slice(at + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(text.slice(at, end)) as string) : raw;
}

function malformed(text: string, at: number, what: string): SyntaxError {
  return new SyntaxError(`JSON text at ${at} of ${text.length}: ${what}`);
}

/**
 * How far the server's parser moves a float that it has spelled itself, in units in the last place. Qdrant reads JSON without float round-trip:
 * of 20 million values of every size, each printed and read by the same serde_json, none moved further, and one in six moved.
 */
const movedUlps = 2n;

/**
 * Whether two payload texts say the same: equal text, or equal values with keys in any order and numbers by spelling, so that `1.0` and
 * `1` differ; floats within what the server's own reading and printing moves them. A later set_payload may order keys differently than the copy did.
 */
export function payloadsEqual(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [canonical(a, skipJsonSpace(a, 0)), canonical(b, skipJsonSpace(b, 0))];
  return one.shape === other.shape && one.floats.every((float, at) => isSameFloat(float, other.floats[at] ?? ''));
}

/** A value with keys sorted and strings escaped in one way; in the place of each float a mark, and the floats in their order. */
type Canonical = { readonly shape: string; readonly floats: readonly string[] };

/**
 * Walked as text, because V8 13.6 parses an object's key `"` as `\` where an earlier object had that key in the same place: two payloads
 * that differ would look equal.
 */
function canonical(text: string, at: number): Canonical {
  const first = text[at];
  if (first === '{') return joined('{', members(text, at), '}');
  if (first === '[') return joined('[', items(text, at), ']');
  const source = text.slice(at, skipJsonValue(text, at));
  if (first === '"') return { shape: JSON.stringify(JSON.parse(source)), floats: [] };
  return /^-?\d.*[.eE]/.test(source) ? { shape: '#', floats: [source] } : { shape: source, floats: [] };
}

function joined(open: string, parts: readonly Canonical[], close: string): Canonical {
  return { shape: `${open}${parts.map(({ shape }) => shape).join()}${close}`, floats: parts.flatMap(({ floats }) => floats) };
}

function members(text: string, at: number): Canonical[] {
  const found: Canonical[] = [];
  walkJsonObject(text, at, (key, valueAt) => {
    const { shape, floats } = canonical(text, valueAt);
    found.push({ shape: `${JSON.stringify(key)}:${shape}`, floats });
    return skipJsonValue(text, valueAt);
  });
  return found.sort((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : 0));
}

function items(text: string, at: number): Canonical[] {
  const found: Canonical[] = [];
  walkJsonArray(text, at, (itemAt) => {
    found.push(canonical(text, itemAt));
    return skipJsonValue(text, itemAt);
  });
  return found;
}

function isSameFloat(a: string, b: string): boolean {
  if (a === b) return true;
  if (!Number.isFinite(Number(a))) return false;
  const [one, other] = [bitsOf(Number(a)), bitsOf(Number(b))];
  // Of one sign, neighbouring numbers have neighbouring bits; zero is never moved to, nor from.
  if (one >> 63n !== other >> 63n || Number(a) === 0 || Number(b) === 0) return one === other;
  return (one > other ? one - other : other - one) <= movedUlps;
}

const bits = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): bigint {
  bits.setFloat64(0, value);
  return bits.getBigUint64(0);
}
