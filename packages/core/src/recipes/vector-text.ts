/** What the text of a vector gives away without parsing it: a null is a number that was not finite, no digit above 0 means all zeros. */
export function vectorFault(text: string): 'not-finite' | 'zero' | null {
  if (text.includes('null')) return 'not-finite';
  const values = text.startsWith('{') ? (/"values":[^\]]*/.exec(text)?.[0] ?? '') : text;
  return /[1-9]/.test(values) ? null : 'zero';
}

/** Whether two vectors (flat, multivector or sparse JSON) agree: same text, or every number within one unit in the last place of an f32. */
export function vectorsAgree(a: string, b: string): boolean {
  return a === b || agree(JSON.parse(a), JSON.parse(b));
}

function agree(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return withinOneUlp(a, b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => agree(Reflect.get(a, key), Reflect.get(b, key)));
}

const float = new Float32Array(2);
const bits = new Int32Array(float.buffer);

function withinOneUlp(a: number, b: number): boolean {
  float[0] = a;
  float[1] = b;
  return Math.abs(ordered(bits[0] ?? 0) - ordered(bits[1] ?? 0)) <= 1;
}

/** The bit pattern of an f32 as an integer that grows with the number. */
function ordered(pattern: number): number {
  return pattern >= 0 ? pattern : -0x8000_0000 - pattern;
}
