import type { ReembedError } from './error.ts';

export type Halved<Item, Reply> = {
  /** The parts that were done, in order, each with its reply. */
  readonly done: readonly { readonly items: readonly Item[]; readonly reply: Reply }[];
  /** The items that are refused even alone, in order. */
  readonly refused: readonly { readonly item: Item; readonly error: ReembedError }[];
};

/**
 * Does all items in one go; where that is refused, each half by itself, down to the item that is to blame. `middle`: how many of them make the first
 * half, at least one and not all. Throws every error that `isRefusal` does not know.
 */
export async function inHalves<Item, Reply>(
  items: readonly Item[],
  isRefusal: (error: unknown) => error is ReembedError,
  act: (items: readonly Item[]) => Promise<Reply>,
  middle: (items: readonly Item[]) => number = ({ length }) => Math.ceil(length / 2),
): Promise<Halved<Item, Reply>> {
  if (items.length === 0) return { done: [], refused: [] };
  try {
    return { done: [{ items, reply: await act(items) }], refused: [] };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [only] = items;
    if (items.length === 1 && only !== undefined) return { done: [], refused: [{ item: only, error }] };
    const half = middle(items);
    const first = await inHalves(items.slice(0, half), isRefusal, act, middle);
    const second = await inHalves(items.slice(half), isRefusal, act, middle);
    return { done: [...first.done, ...second.done], refused: [...first.refused, ...second.refused] };
  }
}
