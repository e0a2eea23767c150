// What other workspaces use of core, by name; everything else is its own affair.
export { type AdoptWords, adoptTarget, otherFleet } from './commands/adopt.ts';
export { reportOf } from './commands/build-report.ts';
export { type CommandWords, command, loadOwned, settleLateWrites } from './commands/commands.ts';
export { discard, discardMeant } from './commands/discard.ts';
export { keepRecord, workOnStage } from './commands/keep-record.ts';
export { pruneEnded } from './commands/prune-ended.ts';
export { type AuditQuery, auditStart, readAudit } from './commands/read-audit.ts';
export {
  compareFound,
  compareKept,
  findMigration,
  findRecord,
  keptBesides,
  reportFound,
  viewFound,
  viewFromAfar,
} from './commands/read-kept.ts';
export { settleFailures } from './commands/settle-failures.ts';
export type { Submission } from './commands/store-migration.ts';
export { submit } from './commands/submit.ts';
export { tune } from './commands/tune.ts';
export { viewOf } from './commands/view.ts';
export { type ExamineOptions, examineCollection } from './doctor/examine-collection.ts';
export {
  type Judged,
  judgeClock,
  judgeNoRedis,
  judgeProvider,
  judgeQdrant,
  judgeRedis,
  type RedisFacts,
} from './doctor/judge-surroundings.ts';
export { findAddressed } from './domain/addressed.ts';
export { allPages } from './domain/all-pages.ts';
export { bytes, count, dollars, duration } from './domain/amounts.ts';
export type { CollectionInfo, DenseVectorParams } from './domain/collection-info.ts';
export { isReembedError, ReembedError, summarizeError } from './domain/error.ts';
export { inHalves } from './domain/in-halves.ts';
export { allowedBy, firstRiseMs, type Lesson, lessonAfter } from './domain/lesson.ts';
export { harmfulInWords, isHarmful } from './domain/map-worth.ts';
export { fenceAlias, isFenceAlias, type Migration, newMigration, nextAlias } from './domain/migration.ts';
export { inWords, parseSpec } from './domain/parse-spec.ts';
export { readPayloadField } from './domain/payload-field.ts';
export { payloadsEqual, skipJsonSpace, skipJsonString, skipJsonValue, walkJsonArray, walkJsonObject } from './domain/payload-text.ts';
export {
  comparePointIds,
  type Filter,
  type PointText,
  type PointVectors,
  parsePointId,
  pointIdToJson,
  type WrittenPoint,
  type WrittenVector,
} from './domain/point.ts';
export { embedVectors, isInPlace } from './domain/recipes-of.ts';
export { longestWaitMs, readRetryAfter } from './domain/retry-after.ts';
export type { SetAsideEntry } from './domain/set-aside.ts';
export { hasEnded, isSamePhase, transitions, waitsForWord } from './domain/transitions.ts';
export { vectorFromBase64, vectorToBase64 } from './domain/vector-base64.ts';
export { isSameWait, ownerInWords, ownInWords, printedCommands, reembed, shellWord } from './domain/words.ts';
export { addTimes, noTimes, slowestOf, type TimedPart, timedParts, type WorkTimes } from './domain/work-times.ts';
export { calculations } from './gates/calculations.ts';
export { type CompareDeps, compareNow } from './gates/compare-now.ts';
export { estimatePoints } from './plan/advice/estimate-points.ts';
export { planWithAdvice, sampleByFleet } from './plan/advice/plan-with-advice.ts';
export type { EmbedSample } from './plan/advice/take-fingerprint.ts';
export { findOldModel, type LookedAt, lookAtCollection } from './plan/draft/look-at-collection.ts';
export { backfillSpec, type TwoStepRequest, twoStepSpec } from './plan/follow-up-specs.ts';
export { type AuditLines, type AuditTrail, auditIdFrom } from './ports/audit-trail.ts';
export type { Batch, BatchAnswers, Batches, BatchOrder, BatchOwner } from './ports/batches.ts';
export { type Calculate, type Calculation, calculateHere } from './ports/calculations.ts';
export type {
  CarriedPage,
  Carrier,
  CarryRequest,
  Collections,
  IndexingState,
  Likeness,
  Page,
  PeerReading,
  Points,
  RawPage,
  RawPoint,
  ScrollRequest,
} from './ports/collections.ts';
export { describeAll } from './ports/collections.ts';
export { type CoordinatorDeps, freshMemory } from './ports/coordinator-deps.ts';
export type {
  Bm25,
  Bm25Encoder,
  Embedder,
  Embeddings,
  EmbedKind,
  EmbedRequest,
  ModelCatalogue,
  ModelFacts,
  ModelRecord,
  QueryCode,
  RateLimits,
  SparseVector,
  VectorShape,
} from './ports/embedder.ts';
export type {
  Clock,
  DeadLetters,
  Events,
  Fits,
  Fleet,
  FreezeHook,
  GateDraw,
  GateStore,
  ModelCallAnswer,
  ModelCallResult,
  ModelCalls,
  Passage,
  RangeQueue,
  RateBudget,
  RequestNeed,
  Signals,
  StageQueue,
  Standing,
  Writers,
} from './ports/fleet.ts';
export type { LearnedMaps, Projection } from './ports/learned-maps.ts';
export { isUnreadable, loadMigration } from './ports/migration-document.ts';
export type { Allowed, BatchCost, CostLimits, Costs, FeltPace, Pace, TakeLimits } from './ports/pace.ts';
export type { Records } from './ports/records.ts';
export type { SearchTallies } from './ports/search-tallies.ts';
export type { Hit, QueryText, Searches, SearchRequest } from './ports/searches.ts';
export {
  type EntryChoice,
  type InsertResult,
  type LateWrites,
  type Listed,
  longestLookMs,
  type Migrations,
  maxListed,
  type PassSummary,
  type RangeDelta,
  type RangeRecord,
  type Ranges,
  type SetAside,
  type SplitState,
} from './ports/state.ts';
export { mostLogged, type QueryLog, type TextSources } from './ports/text-sources.ts';
export type { VectorCache } from './ports/vector-cache.ts';
export { unwatched, type Watch, type WatchedCall } from './ports/watch.ts';
export { bridged } from './quality/bridged.ts';
export { compareQueries } from './quality/compare-queries.ts';
export { fewestQueries, labelledVerdict, type SameSpaceChange, sliceVerdict } from './quality/quality-verdict.ts';
export { type Judgements, judgementsByQuery, ndcgAt, overlapAt } from './quality/ranking-metrics.ts';
export { signed } from './quality/reason-numbers.ts';
export { gateDepth, type SearchAnswer, type SearchedQuery } from './quality/searched-query.ts';
export { bootstrapMeans, createSeededRandom, mean } from './quality/statistics.ts';
export { carryPoints } from './ranges/carry-points.ts';
export { createEmbedding, type Embedding } from './ranges/embedding.ts';
export { costsUsd, progressOf, sumOf } from './ranges/progress.ts';
export type { WriteContext } from './ranges/range-context.ts';
export { type RangeOutcome, runRange } from './ranges/run-range.ts';
export { takePace } from './ranges/take-pace.ts';
export { type EmbedContext, embedTexts } from './recipes/embed-texts.ts';
export { embedWhole } from './recipes/embed-whole.ts';
export { scopeOfCall, serveModelCall } from './recipes/model-calls.ts';
export { createOwnBudget } from './recipes/own-budget.ts';
export { sourceOrigins } from './recipes/plan-scene.ts';
export { textOrigin } from './recipes/point-texts.ts';
export { fieldText, renderText } from './recipes/render-text.ts';
export { shapedText } from './recipes/shaped-vector.ts';
export { createSharedRequests } from './recipes/shared-requests.ts';
export { projectionsOf } from './recipes/target-vectors.ts';
export { type EmbeddedText, encoderOf, fitEmbedding, modelFor } from './recipes/text-encoder.ts';
export { type MigrationBudget, throttledBudget } from './recipes/throttled-budget.ts';
export { takeWitness } from './recipes/witness.ts';
export { parseRequantize, requantize } from './requantize/requantize.ts';
export { boundOf } from './scale/bound.ts';
export { type Load, type LoadDeps, loadOf } from './scale/load.ts';
export { autoscaleNow, wantedWorkers } from './scale/wanted-workers.ts';
export { aliveEveryMs, releaseAll, showAlive } from './stages/ownership.ts';
export { reconcile, runStage } from './stages/run-stage.ts';
export { compareTrial } from './trial/ask-trial.ts';
export { drawTrial } from './trial/draw-trial.ts';
export { judgeTrial } from './trial/judge-trial.ts';
export { runTrial, type TrialDeps } from './trial/run-trial.ts';
export { type OnTrialProgress, trialProgressInWords } from './trial/trial-progress.ts';
export { parseTrial } from './trial/trial-spec.ts';
