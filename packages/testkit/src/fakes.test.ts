import { setTimeout as sleep } from 'node:timers/promises';
import { createFakeStores } from './fake-collections.ts';
import { createFakeState } from './fake-state.ts';
import { runSearchesContract } from './searches-contract.ts';
import { runSetAsideContract } from './set-aside-contract.ts';
import { runStateContract } from './state-contract.ts';
import { runStoreContract } from './store-contract.ts';

runStoreContract('the store in memory', async () => createFakeStores());

/** The contract lets time pass. */
const clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted()),
};

runStateContract('the state in memory', async () => createFakeState({ clock }));

runSetAsideContract('memory', async () => createFakeState());

runSearchesContract('the store in memory', async () => createFakeStores());
