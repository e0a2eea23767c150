import type { SearchTally } from '@reembed/contracts';

/** What gateways found about searches of both sides, by migration, all together. Throws `redis-unreachable`. */
export type SearchTallies = {
  add(id: string, found: SearchTally): Promise<void>;
  /** Null where nobody has told anything. */
  load(id: string): Promise<SearchTally | null>;
  /** Counting begins anew. */
  forget(id: string): Promise<void>;
};
