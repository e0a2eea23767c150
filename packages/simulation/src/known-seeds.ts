/**
 * Seeds that broke a promise once, and what it was. Each is run by the tests. A seed means another schedule once scenarios are drawn
 * otherwise: what it showed is held by a test of core then.
 */
export const knownSeeds: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 243, was: 'Redis came back empty during a cancel: adopt and submit named discard, and discard refused' },
];
