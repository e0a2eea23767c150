import { describe, expect, it } from 'vitest';
import { hideSecrets, keepSecret, keepSecretsOf, readHeader, readSecret, shortFaultOfAddress } from './secrets.ts';

describe('what was said in confidence', () => {
  it.each([
    ['itself', 'k3y-"of"/some+length'],
    ['within JSON', JSON.stringify({ 'api-key': 'k3y-"of"/some+length' })],
    ['within an address', `?key=${encodeURIComponent('k3y-"of"/some+length')}`],
    ['in base64', Buffer.from('k3y-"of"/some+length').toString('base64')],
  ])('is shown in no spelling: %s', (_, said) => {
    keepSecret('k3y-"of"/some+length\n');
    expect(hideSecrets(`before ${said} after`)).not.toMatch(/k3y|azN5/);
    expect(hideSecrets(`before ${said} after`)).toMatch(/^before .*\(secret\).* after$/);
  });

  it('is in an address its password, as the header sends it too, and its parameters', () => {
    keepSecretsOf('https://somebody:pa%2Fss-word@host/path?sig=signature-1');
    const header = Buffer.from('somebody:pa/ss-word').toString('base64');
    expect(hideSecrets(`pa/ss-word ${header} signature-1 somebody`)).toBe('(secret) (secret) (secret) somebody');
  });

  it('is a password with a % that is no spelling, too', () => {
    keepSecretsOf('redis://:100%-secret@host');
    expect(hideSecrets('the password 100%-secret')).toBe('the password (secret)');
  });

  it('is not a word so short that others hold it, and no address is nothing', () => {
    keepSecret('test');
    keepSecretsOf('no address');
    expect(hideSecrets('the latest')).toBe('the latest');
  });
});

describe('a secret too short to be taken out of what is quoted', () => {
  const env = { KEY: 'abcde', LONGER: 'abcdef' };

  it.each<[string | null, boolean]>([
    ['https://api.example.com/v1', true],
    [null, true],
    ['http://qdrant:6333', true],
    ['http://127.0.0.1:8080', false],
    ['http://localhost:8080/v1', false],
    ['http://[::1]:8080', false],
    ['unix:///run/redis.sock', false],
  ])('is refused where it goes to %s: %s', (address, refused) => {
    expect(readSecret(env, 'KEY', address).fault !== null).toBe(refused);
    expect(readSecret(env, 'LONGER', address)).toEqual({ secret: 'abcdef', fault: null });
  });

  it('is one that a header is called by, and no name of a tenant', () => {
    expect(readHeader(env, 'x-api-key', 'KEY', null).fault).toContain('fewer than 6 characters');
    expect(readHeader(env, 'Authorization', 'KEY', null).fault).toContain('fewer than 6 characters');
    expect(readHeader(env, 'x-tenant', 'KEY', null).fault).toBeNull();
  });

  it.each([
    ['redis://:12345@redis:6379', true],
    ['redis://:123456@redis:6379', false],
    ['redis://:12345@127.0.0.1:6379', false],
    ['https://qdrant/?api_key=12345', true],
    ['https://qdrant/?shard=1', false],
    ['redis://redis:6379', false],
  ])('is in the address %s: %s', (address, isShort) => {
    expect(shortFaultOfAddress(address) !== null).toBe(isShort);
  });
});
