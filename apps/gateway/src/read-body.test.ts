import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readBody } from './read-body.ts';

const read = (bytes: Buffer, headers: Record<string, string>, most?: number) => readBody(Readable.from([bytes]), headers, most);
const plain = Buffer.from('{"points":[]}');

it.each<[string, (bytes: Buffer) => Buffer]>([
  ['gzip', gzipSync],
  ['GZip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
])('a body in %s is decoded, and says no more that it is in it', async (encoding, encode) => {
  const sent = encode(plain);
  const headers = { 'content-encoding': encoding, 'content-length': `${sent.length}`, 'content-type': 'application/json' };
  expect(await read(sent, headers)).toEqual({ body: plain, headers: { 'content-type': 'application/json' } });
});

it.each(['identity', 'unknown', 'constructor'])('a body that says it is in %s is read as it came, as the server does', async (encoding) => {
  expect(await read(plain, { 'content-encoding': encoding })).toEqual({ body: plain, headers: { 'content-encoding': encoding } });
});

it('a body that is not what it says is refused', async () => {
  await expect(read(plain, { 'content-encoding': 'gzip' })).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining('not the gzip'),
  });
});

it('a body that takes too much memory is refused: by what it says, by what comes, and by what that is decoded', async () => {
  const refusal = { code: 'invalid-request', message: expect.stringContaining('more than 1000 bytes') };
  const large = Buffer.alloc(1_001, ' ');
  await expect(read(plain, { 'content-length': '1001' }, 1_000)).rejects.toMatchObject(refusal);
  await expect(read(large, {}, 1_000)).rejects.toMatchObject(refusal);
  await expect(read(gzipSync(large), { 'content-encoding': 'gzip' }, 1_000)).rejects.toMatchObject(refusal);
});
