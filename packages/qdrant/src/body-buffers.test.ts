import { describe, expect, it } from 'vitest';
import { createBodyBuffers } from './body-buffers.ts';

describe('body buffers', () => {
  it('lends a buffer again only when it was given back', () => {
    const buffers = createBodyBuffers();
    const first = buffers.take(1_000);
    const second = buffers.take(1_000);
    expect(second).not.toBe(first);
    buffers.giveBack(first);
    expect(buffers.take(1_000)).toBe(first);
  });

  it('lends one with room enough, whatever was given back', () => {
    const buffers = createBodyBuffers();
    buffers.giveBack(buffers.take(1_000));
    expect(buffers.take(10_000_000).length).toBeGreaterThanOrEqual(10_000_000);
  });

  it('keeps no buffer of an exceptionally long page', () => {
    const buffers = createBodyBuffers();
    const long = buffers.take(100_000_000);
    buffers.giveBack(long);
    expect(buffers.take(1_000)).not.toBe(long);
  });
});
