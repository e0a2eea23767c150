import { type Carrier, type CarryRequest, comparePointIds, type Points, type PointText } from '@reembed/core';

/** Pages as the bytes of their own JSON. `unfit`: what would arrive as something else. */
export function createFakeCarrier(
  points: Pick<Points, 'scroll' | 'insertOnly'>,
  unfit: (point: PointText) => boolean = () => false,
): Carrier {
  const page = async (collection: string, { end, ...request }: CarryRequest) => {
    const read = await points.scroll(collection, { ...request, payload: true });
    const isInside = ({ id }: Pick<PointText, 'id'>) => end === null || comparePointIds(id, end) < 0;
    const next = read.next !== null && isInside({ id: read.next }) ? read.next : null;
    return { read: read.points, inside: read.points.filter(isInside), next };
  };
  return {
    async read(collection, request) {
      const { read, inside, next } = await page(collection, request);
      return read.some(unfit) ? null : { ids: inside.map(({ id }) => id), next, bytes: Buffer.from(JSON.stringify(inside)) };
    },
    async insertOnly(collection, { bytes }) {
      await points.insertOnly(collection, pointsIn<PointText[]>(bytes));
    },
    async look(collection, request) {
      const { inside, next } = await page(collection, request);
      return { points: inside.map((point) => ({ id: point.id, bytes: Buffer.from(JSON.stringify(point)) })), next };
    },
    isAlike(source, target, { kept, made }) {
      const [one, other] = [pointsIn<PointText>(source.bytes), pointsIn<PointText>(target.bytes)];
      const isRight = (text: string | undefined) => text !== undefined && /[1-9]/.test(text) && !text.includes('null');
      return (
        !unfit(one) &&
        one.payload === other.payload &&
        kept.every(({ name, from }) => one.vectors[from] === other.vectors[name]) &&
        made.every((name) => isRight(other.vectors[name]))
      );
    },
  };
}

function pointsIn<Value>(bytes: Uint8Array): Value {
  return JSON.parse(Buffer.from(bytes).toString()) as Value;
}
