import { describe, expect, it } from 'vitest';
import { hideSecrets, keepSecret, keepSecretsOf } from './secrets.ts';

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
