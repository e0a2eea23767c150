import { describe, expect, it } from 'vitest';
import { isLoopback, isOfAnotherSite, mayPass } from './access.ts';

const token = 'correct horse battery staple';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const request = (authorization?: string, hostname = 'reembed.example') => ({
  hostname,
  headers: authorization === undefined ? {} : { authorization },
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', 'localhost', 'LOCALHOST', '::1', '[::1]'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['0.0.0.0', '::', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.nip.io', '', '1270.0.0.1'])('%j is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('an act is taken for one from the page of another site', () => {
  const host = '127.0.0.1:8765';
  it.each<[string, Record<string, string>, boolean]>([
    ['from a program', {}, false],
    ['from a page of its own', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:8765' }, false],
    [
      'from a page of its own behind a proxy that has another name',
      { 'sec-fetch-site': 'same-origin', origin: 'https://reembed.example' },
      false,
    ],
    ['typed by hand', { 'sec-fetch-site': 'none' }, false],
    ['from an older browser', { origin: 'http://127.0.0.1:8765' }, false],
    ['from another site', { 'sec-fetch-site': 'cross-site' }, true],
    ['from another port', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' }, true],
    ['from another site in an older browser', { origin: 'https://evil.example' }, true],
    ['from another port in an older browser', { origin: 'http://127.0.0.1:3000' }, true],
    ['from a page without an origin', { origin: 'null' }, true],
  ])('%s', (_, headers, foreign) => {
    expect(isOfAnotherSite({ method: 'POST', headers, host })).toBe(foreign);
    expect(isOfAnotherSite({ method: 'GET', headers, host })).toBe(false);
  });
});

describe('mayPass', () => {
  it.each([
    ['a bearer token', `Bearer ${token}`],
    ['a bearer token in small letters', `bearer ${token}`],
    ['basic with any user', basic(`anyone:${token}`)],
    ['basic without a user', basic(`:${token}`)],
  ])('lets %s pass', (_, authorization) => {
    expect(mayPass(request(authorization), token)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['another token', 'Bearer another'],
    ['the token alone', token],
    ['half a token', `Bearer ${token.slice(0, -1)}`],
    ['the token as the user', basic(`${token}:`)],
    ['basic with another password', basic('anyone:x')],
    ['rubbish', 'Basic %%%'],
  ])('turns %s away', (_, authorization) => {
    expect(mayPass(request(authorization), token)).toBe(false);
  });

  it('takes a token with a colon as it is', () => {
    expect(mayPass(request(basic('me:a:b:c')), 'a:b:c')).toBe(true);
  });

  it.each([
    ['127.0.0.1', true],
    ['localhost', true],
    ['[::1]', true],
    ['::1', true],
    ['evil.example', false],
  ])('lets the name %s pass without a token: %s', (hostname, passes) => {
    expect(mayPass(request(undefined, hostname), undefined)).toBe(passes);
  });
});
