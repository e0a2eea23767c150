import type { Spec } from '@reembed/contracts';
import type { Migration } from '@reembed/core';
import { newestOf, type RedisServer } from './redis-server.ts';

/** What is known of migrations, whichever fleet knows it. */
export type WholeState = Pick<RedisServer, 'documents' | 'newest'> & { readonly memory: Pick<RedisServer['memory'], 'map'> };

/** What a fleet knows of the migrations of one spec, where there are others beside it. */
export function viewOf({ documents, memory }: RedisServer, { target }: Spec): WholeState {
  const own = () => new Map([...documents].filter(([, { spec }]) => spec.target.collection === target.collection));
  return {
    get documents() {
      return own();
    },
    newest: () => newestOf(own()),
    memory,
  };
}

/** Over the Redis of every fleet. A migration that several know is as the fleet knows it that has it. */
export function wholeStateOf(servers: readonly RedisServer[]) {
  const merged = () => {
    const known = new Map<string, { readonly document: Migration; readonly at: number }>();
    for (const [at, { documents }] of servers.entries())
      for (const [id, document] of documents) if (isFurther(document, known.get(id)?.document)) known.set(id, { document, at });
    return known;
  };
  const documentsOf = (known: ReturnType<typeof merged>) => new Map([...known].map(([id, { document }]) => [id, document]));
  /** Of the fleet that has the migration which goes on. */
  const owner = () => {
    const known = merged();
    return known.get(newestOf(documentsOf(known))?.id ?? '')?.at ?? 0;
  };
  const state: WholeState = {
    get documents() {
      return documentsOf(merged());
    },
    newest: () => newestOf(documentsOf(merged())),
    memory: { map: (name) => (servers[owner()] as RedisServer).memory.map(name) },
  };
  return { state: servers.length === 1 ? (servers[0] as RedisServer) : state, owner };
}

function isFurther(one: Migration, other: Migration | undefined): boolean {
  if (other === undefined) return true;
  const [lost, otherLost] = [one, other].map(({ error }) => error?.code === 'superseded');
  return lost === otherLost ? one.phaseNumber > other.phaseNumber : otherLost === true;
}
