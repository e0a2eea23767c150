export { type AdaptersUnderTest, runAdaptersContract } from './adapters-contract.ts';
export { buildGates } from './build-gates.ts';
export { buildEmptyReport, buildHostileReport, buildReport } from './build-report.ts';
export { type EmbedderUnderTest, runEmbedderContract } from './embedder-contract.ts';
export { buildAdapterHeader, createFakeAdapters } from './fake-adapters.ts';
export { createFakeClock, type FakeClock } from './fake-clock.ts';
export { createFakeStores, type FakeStores } from './fake-collections.ts';
export {
  createFakeBm25,
  createFakeCatalogue,
  createFakeEmbedder,
  type FakeEmbedder,
  type FakeEmbedderOptions,
  fakeVector,
} from './fake-embedder.ts';
export { createFakeState, type FakeState } from './fake-state.ts';
export { createFakeTextSources, type FakeTextSources } from './fake-text-sources.ts';
export { freePort } from './free-port.ts';
export { startTestQdrant, type TestQdrant } from './qdrant-server.ts';
export { startTestRedis, type TestRedis } from './redis-server.ts';
export { buildProfile, runSearchesContract, type SearchesUnderTest } from './searches-contract.ts';
export { runSetAsideContract } from './set-aside-contract.ts';
export { buildMigration, runStateContract, type StateUnderTest } from './state-contract.ts';
export { runStoreContract, type Stores } from './store-contract.ts';
export {
  countStubTokens,
  type ProviderFault,
  requestsInsideRetryAfter,
  type StubProvider,
  type StubProviderOptions,
  type StubRequest,
  startStubProvider,
  stubVector,
} from './stub-provider.ts';
export { type StubTextService, startStubTextService, type TextServiceFault } from './stub-text-service.ts';
export { type TinyModelOptions, tinyModelRow, writeTinySentenceModel } from './tiny-sentence-model.ts';
