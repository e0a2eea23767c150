import { describe, expect, it } from 'vitest';
import { leastCosine, measureSpread, spreadFault, spreadReminder, widest } from './spread.ts';
import { witnessTexts } from './witness-texts.ts';

/** Unit vectors, turned by so much. */
const turned = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));

describe('the spread of a server', () => {
  it('is measured by the same request again, and by a text alone beside the same in a batch', async () => {
    const asked: (readonly string[])[] = [];
    const spread = await measureSpread([turned(0), turned(1), turned(2)], async (texts) => {
      asked.push(texts);
      return texts.length === 1 ? [turned(0.2)] : [turned(0), turned(1.1), turned(2)];
    });
    expect(asked).toEqual([witnessTexts, [witnessTexts[0]]]);
    expect(spread.repeated).toBeCloseTo(1 - Math.cos(0.1), 6);
    expect(spread.batched).toBeCloseTo(1 - Math.cos(0.2), 6);
    expect(widest(spread)).toBe(spread.batched);
  });

  it.each([
    ['exact', { repeated: 0, batched: 0 }, null, null],
    ['as exact as arithmetic', { repeated: 4e-6, batched: 9e-6 }, null, null],
    ['a little noisy', { repeated: 5e-4, batched: 5e-4 }, null, /cosine of 0\.99950: .* take 0\.998 for the same model/],
    ['noisy, so that its batches are too', { repeated: 2e-3, batched: 3e-3 }, null, /take 0\.988 for the same model/],
    ['leaning on the batch', { repeated: 1e-6, batched: 0.02 }, /within a batch than alone \(cosine 0\.9800\).*maxInputs: 1/, /./],
    ['too noisy to be known again', { repeated: 0.03, batched: 0.03 }, /other vectors each time \(cosine 0\.9700\).*versions/, /./],
  ])('that is %s', (_, spread, fault, reminder) => {
    if (fault === null) expect(spreadFault(spread)).toBeNull();
    else expect(spreadFault(spread)).toMatch(fault);
    if (reminder === null) expect(spreadReminder('m', spread)).toBeNull();
    else expect(spreadReminder('m', spread)).toMatch(reminder);
  });

  it('widens what is taken for the same, and never narrows it', () => {
    expect([leastCosine(0.9999), leastCosine(0.9999, 1e-5), leastCosine(0.9999, 1e-3), leastCosine(0.999, 1e-3)]).toEqual([
      0.9999, 0.9999, 0.996, 0.996,
    ]);
  });
});
