import { setTimeout as sleep } from 'node:timers/promises';
import { buildAdapterHeader } from '../builders/build-documents.ts';
import { runAdaptersContract } from '../suites/adapters-contract.ts';
import { runAuditContract } from '../suites/audit-contract.ts';
import { runCarrierContract } from '../suites/carrier-contract.ts';
import { runLateWritesContract } from '../suites/late-writes-contract.ts';
import { runRecordsContract } from '../suites/records-contract.ts';
import { runSearchesContract } from '../suites/searches-contract.ts';
import { runSetAsideContract } from '../suites/set-aside-contract.ts';
import { runStateContract } from '../suites/state-contract.ts';
import { runStoreContract } from '../suites/store-contract.ts';
import { createFakeAudit } from './fake-audit.ts';
import { createFakeCarrier } from './fake-carrier.ts';
import { createFakeAdapters } from './fake-models.ts';
import { createFakeState } from './fake-state.ts';
import { createFakeStores } from './fake-stores.ts';

runStoreContract('the store in memory', async () => createFakeStores({ inference: ['qdrant/bm25'] }));

runCarrierContract('the store in memory', async () => {
  const stores = createFakeStores();
  return { ...stores, carrier: createFakeCarrier(stores.points) };
});

/** The contract lets time pass. */
const clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted()),
};

runStateContract('the state in memory', async () => createFakeState({ clock }));

runSetAsideContract('memory', async () => createFakeState());
runLateWritesContract('memory', async () => createFakeState());
runRecordsContract('memory', async () => createFakeState());
runAuditContract('memory', async () => ({ audit: createFakeAudit(), async [Symbol.asyncDispose]() {} }));

runSearchesContract('the store in memory', async () => createFakeStores());

runAdaptersContract('memory', async () => {
  const maps = { first: buildAdapterHeader(), second: buildAdapterHeader({ sha256: 'b'.repeat(64) }) };
  const files: Record<string, typeof maps.first> = {};
  return {
    learnedMaps: createFakeAdapters(files),
    put: async (which) => {
      files['map.json'] = maps[which];
      return maps[which];
    },
    remove: async () => {
      delete files['map.json'];
    },
  };
});
