/** Below this a whole index is made again from its source within minutes. */
const smallBytes = 25e6;
/** Past this, reading and writing alone take days. */
const hugeBytes = 400e9;

/** What follows from the size of the source alone; null: nothing in particular. */
export function judgeSize(bytes: number, workers: string | null): string | null {
  if (bytes < smallBytes)
    return 'This is small: where the source of the texts is at hand, indexing it anew into another collection is faster than a migration. A migration still switches without downtime.';
  if (bytes <= hugeBytes) return null;
  return `This takes days: start with a part (source.filter), pace it, and let it run. ${workers ?? 'More workers help until Qdrant or its disks are busy.'}`;
}
