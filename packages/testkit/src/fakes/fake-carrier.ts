import { type Carrier, comparePointIds, type Points, type PointText } from '@reembed/core';

/** Pages as the bytes of their own JSON. `unfit`: what would arrive as something else. */
export function createFakeCarrier(
  points: Pick<Points, 'scroll' | 'insertOnly'>,
  unfit: (point: PointText) => boolean = () => false,
): Carrier {
  return {
    async read(collection, { end, ...request }) {
      const page = await points.scroll(collection, { ...request, payload: true });
      if (page.points.some(unfit)) return null;
      const isInside = ({ id }: Pick<PointText, 'id'>) => end === null || comparePointIds(id, end) < 0;
      const inside = page.points.filter(isInside);
      const next = page.next !== null && isInside({ id: page.next }) ? page.next : null;
      return { ids: inside.map(({ id }) => id), next, bytes: Buffer.from(JSON.stringify(inside)) };
    },
    async insertOnly(collection, { bytes }) {
      await points.insertOnly(collection, JSON.parse(Buffer.from(bytes).toString()) as PointText[]);
    },
  };
}
