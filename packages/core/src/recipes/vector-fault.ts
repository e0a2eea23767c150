/** What the text of a vector gives away without parsing it: a null is a number that was not finite, no digit above 0 means all zeros. */
export function vectorFault(text: string): 'vector-not-finite' | 'vector-zero' | null {
  if (text.includes('null')) return 'vector-not-finite';
  const values = text.startsWith('{') ? (/"values":[^\]]*/.exec(text)?.[0] ?? '') : text;
  return /[1-9]/.test(values) ? null : 'vector-zero';
}
