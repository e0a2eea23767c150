import { describe, expect, it } from 'vitest';
import { parseQdrantUrl } from './connection.ts';

describe('parseQdrantUrl', () => {
  it.each([
    ['http://localhost:6333', 'http://localhost:6333', ''],
    ['http://localhost', 'http://localhost:6333', ''],
    ['https://cloud.example/', 'https://cloud.example:6333', ''],
    ['https://cloud.example:443', 'https://cloud.example:443', ''],
    ['http://proxy:80/qdrant/', 'http://proxy:80', '/qdrant'],
    ['http://[::1]:7000', 'http://[::1]:7000', ''],
    ['http://[::1]', 'http://[::1]:6333', ''],
  ])('%s is at %s with the prefix "%s"', (url, origin, prefix) => {
    expect(parseQdrantUrl({ url })).toMatchObject({ origin, prefix });
  });

  it.each(['grpc://localhost:6334', 'localhost:6333', ''])('refuses %j', (url) => {
    expect(() => parseQdrantUrl({ url })).toThrow(TypeError);
  });

  it('sends a user and a password as such, and shows neither', () => {
    const { origin, headers } = parseQdrantUrl({ url: 'https://me:p%40ss@host:443/qdrant', apiKey: 'key' });
    expect(origin).toBe('https://host:443');
    expect(headers).toEqual({ 'api-key': 'key', authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
  });
});
