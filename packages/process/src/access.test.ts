import { describe, expect, it } from 'vitest';
import { isOfAnotherSite } from './access.ts';

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
