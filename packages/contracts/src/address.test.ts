import { describe, expect, it } from 'vitest';
import { holdsSecret, isLoopback, isSecretName, openAddress, openCredentials, withoutSecrets } from './address.ts';

describe('an address', () => {
  it.each([
    'https://me:pw@host/',
    'https://me@host/',
    'redis://:pw@host:6379/0',
    'https://host/?api_key=pw',
    'https://host/?a=b&X-Amz-Signature=pw',
    'https://host/?access_token=',
    'https://host/?k=sk-proj-abcdefghij0123456789',
    'https://host/?k=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmVk',
    'https://host/?id=9f86d081884c7d659a2feaa0c55ad015',
  ])('that holds a secret is seen: %s', (address) => {
    expect(holdsSecret(address)).toBe(true);
  });

  it.each([
    'https://host/?tenant=3b241101-e2bb-4255-8caf-4136c566a962&collection=documents-of-the-year-2026',
    'https://host:6333/path',
    'https://host/?api-version=2024',
    'https://host/@me',
    'redis://host',
    'no address',
    '',
  ])('that holds none is let be: %s', (address) => {
    expect(holdsSecret(address)).toBe(false);
  });

  it.each([
    ['https://me:pw@host:6333/path', 'https://…@host:6333/path'],
    ['redis://:pw@host:6379/0', 'redis://…@host:6379/0'],
    ['https://me:p@w@host/', 'https://…@host/'],
    ['HTTPS:\\\\me:pw@host', 'HTTPS:\\\\…@host'],
    ['https:me:pw@host', 'https:…@host'],
    ['https://host/by-id?tenant=a&token=pw', 'https://host/by-id?…'],
    ['https://host/#pw', 'https://host/#…'],
    ['http://me:p/w@host', 'http://…@host'],
    ['//me:pw@host', '//…@host'],
    ['me:pw@host:6333', '…@host:6333'],
    ['https://host/@me', 'https://host/@me'],
    ['http://127.0.0.1:6333', 'http://127.0.0.1:6333'],
    ['not a url', 'not a url'],
  ])('is shown without its secrets: %s', (address, shown) => {
    expect(withoutSecrets(address)).toBe(shown);
  });

  it.each([
    ['https://host/?token=pw', 'put it elsewhere'],
    ['ftp://host/', 'begins with http:// or https://'],
  ])('is refused where others read it: %s', (address, says) => {
    const { error } = openAddress('put it elsewhere').safeParse(address);
    expect(error?.issues[0]?.message).toContain(says);
    expect(error?.message).not.toContain('pw');
  });
});

it.each([
  ['api_key', true],
  ['openai-api-key', true],
  ['x-auth', true],
  ['max_tokens', false],
  ['dimensions', false],
])('%s is called like a secret: %s', (name, secret) => {
  expect(isSecretName(name)).toBe(secret);
});

it.each([
  ['http://user:pa%2Fss@host:6333', 'user:pa/ss'],
  ['http://user:100%@host:6333', 'user:100%'],
])('the user and password of %s are sent as %s', (address, words) => {
  const authorization = `Basic ${Buffer.from(words).toString('base64')}`;
  expect(openCredentials(address)).toEqual({ address: 'http://host:6333', headers: { authorization } });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', 'localhost', 'LOCALHOST', '::1', '[::1]'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['0.0.0.0', '::', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.nip.io', '', '1270.0.0.1'])('%j is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
