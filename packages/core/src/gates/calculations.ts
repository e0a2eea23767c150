import type { Calculation } from '../ports/calculations.ts';
import { judgeQuality } from './judge-quality.ts';

/** All that may be calculated in another process, which is told by name what it is: each reads what it was handed by itself. */
export const calculations: readonly Pick<Calculation<never, never, unknown>, 'name' | 'of'>[] = [judgeQuality];
