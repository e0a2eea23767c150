export { anyCharacter } from './builders/any-character.ts';
export { buildAuditEntry } from './builders/build-audit-entry.ts';
export { buildAdapterHeader, buildGates, buildMigration, buildProfile } from './builders/build-documents.ts';
export { buildHostileReport } from './builders/build-hostile-report.ts';
export { buildRecord, buildView } from './builders/build-record.ts';
export { buildEmptyReport, buildReport } from './builders/build-report.ts';
export { type TinyModelOptions, tinyModelRow, writeTinySentenceModel } from './builders/tiny-sentence-model.ts';
export { createFakeAudit, type FakeAudit } from './fakes/fake-audit.ts';
export { createFakeBatches, type FakeBatches } from './fakes/fake-batches.ts';
export { createFakeCarrier } from './fakes/fake-carrier.ts';
export { createFakeClock, type FakeClock } from './fakes/fake-clock.ts';
export { createFakeLateWrites } from './fakes/fake-late-writes.ts';
export {
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeEmbedder,
  type FakeEmbedder,
  type FakeEmbedderOptions,
  fakeVector,
} from './fakes/fake-models.ts';
export { vectorText } from './fakes/fake-points.ts';
export { createFakeRecords } from './fakes/fake-records.ts';
export { createFakeState, type FakeState } from './fakes/fake-state.ts';
export { createFakeStores, type FakeStores } from './fakes/fake-stores.ts';
export { createFakeTextSources, type FakeTextSources } from './fakes/fake-text-sources.ts';
export { type CollectedSpan, startTestCollector, type TestCollector } from './servers/otlp-collector.ts';
export { freePort, isListening } from './servers/ports.ts';
export { type ProviderMood, poison, providerMoods } from './servers/provider-moods.ts';
export { startTestQdrant, type TestQdrant } from './servers/qdrant-server.ts';
export { startTestRedis, type TestRedis } from './servers/redis-server.ts';
export type { StubBatch, StubBatches } from './servers/stub-batches.ts';
export { stubRowDimensions, stubWords } from './servers/stub-interfaces.ts';
export {
  countStubTokens,
  type ProviderFault,
  requestsInsideRetryAfter,
  type StubProvider,
  type StubProviderOptions,
  type StubRequest,
  startStubProvider,
  stubVector,
} from './servers/stub-provider.ts';
export { type StubTextService, startStubTextService, type TextServiceFault } from './servers/stub-text-service.ts';
export { type VendorRules, vendorRules } from './servers/vendor-rules.ts';
export { type AdaptersUnderTest, runAdaptersContract } from './suites/adapters-contract.ts';
export { runAuditContract } from './suites/audit-contract.ts';
export { type CarrierStores, runCarrierContract } from './suites/carrier-contract.ts';
export { type EmbedderUnderTest, runEmbedderContract } from './suites/embedder-contract.ts';
export { runLateWritesContract } from './suites/late-writes-contract.ts';
export { runRecordsContract } from './suites/records-contract.ts';
export { runSearchesContract, type SearchesUnderTest } from './suites/searches-contract.ts';
export { runSetAsideContract } from './suites/set-aside-contract.ts';
export { runStateContract, type StateUnderTest } from './suites/state-contract.ts';
export { runStoreContract } from './suites/store-contract.ts';
export type { Stores } from './suites/store-scene.ts';
