/** MurmurHash3, 32 bits, seed 0, of a text's UTF-8 bytes. https://github.com/aappleby/smhasher/wiki/MurmurHash3 */
export function murmur3(text: string): number {
  const bytes = Buffer.from(text);
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scrambled(bytes.readUInt32LE(i));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let last = 0;
  for (let i = bytes.length - 1; i >= whole; i--) last = (last << 8) | (bytes[i] ?? 0);
  hash ^= scrambled(last) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
