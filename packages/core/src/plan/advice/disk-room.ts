import type { Advice } from '@reembed/contracts';
import { bytes } from '../../domain/amounts.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import type { Findings } from './conclude.ts';

/** Whether both states fit on the disk under Qdrant. `diskBytes`: what that holds in all, used or not; null: Qdrant does not say. */
export function diskRoom({ spec }: PlanScene, { options }: Advice, diskBytes: number | null): Findings {
  const chosen = options.filter((option) => option.chosen && option.possible);
  if (chosen.length === 0) return { blockers: [], reminders: [] };
  const needed = Math.max(...chosen.map((option) => option.diskBytes));
  const both = `What there is and what is made take about ${bytes(needed)} of disk together`;
  if (diskBytes === null)
    return {
      blockers: [],
      reminders: [`${both}; Qdrant does not say how large its disk is, nor what is free on it: look before you run.`],
    };
  if (needed <= diskBytes)
    return {
      blockers: [],
      reminders: [
        `${both}, and the disk under Qdrant holds ${bytes(diskBytes)} in all; how much of it is free Qdrant does not say: look before you run.`,
      ],
    };
  const message =
    `has no room: ${both[0]?.toLowerCase()}${both.slice(1)}, and the disk under Qdrant holds ${bytes(diskBytes)} in all. Give it a larger one, ` +
    'migrate a part (source.filter), or keep the new vectors smaller (settings: { datatype: float16 })';
  return { blockers: [{ field: 'target.collection', value: spec.target.collection, message }], reminders: [] };
}
