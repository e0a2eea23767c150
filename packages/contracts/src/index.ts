export * from './access.ts';
export * from './adapter-file.ts';
export { holdsSecret, isLoopback, isSecretName, keyFault, openAddress, openCredentials, withoutSecrets } from './address.ts';
export * from './audit.ts';
export { type Autoscale, autoscaleSchema, type BoundBy, boundBySchema } from './autoscale.ts';
export * from './bridge.ts';
export * from './collection-health.ts';
export { describeFields, type FieldRow } from './describe-fields.ts';
export * from './error-codes.ts';
export * from './exact-json.ts';
export { quoteForeign, withoutForeignWords } from './foreign-words.ts';
export * from './fusion-choice.ts';
export * from './gates-spec.ts';
export * from './hooks.ts';
export * from './jobs.ts';
export { type Compared, isEstimated } from './mean-difference.ts';
export * from './metadata.ts';
export * from './migration-document.ts';
export * from './migration-record.ts';
export * from './migration-view.ts';
export * from './model-limits.ts';
export { payloadKeysOf } from './payload-key.ts';
export * from './payload-mapping.ts';
export * from './payload-path.ts';
export * from './phase.ts';
export { inPlainWords } from './plain-words.ts';
export * from './plan.ts';
export * from './points.ts';
export * from './points-estimate.ts';
export * from './report.ts';
export * from './requantize.ts';
export * from './requests.ts';
export * from './search-profile.ts';
export * from './search-tally.ts';
export {
  hideSecrets,
  keepSecret,
  keepSecretsOf,
  keepSpellings,
  knownSecrets,
  readHeader,
  readSecret,
  shortFault,
  shortFaultOfAddress,
} from './secrets.ts';
export * from './settings.ts';
export * from './spec.ts';
export * from './template.ts';
export * from './throttle-spec.ts';
export * from './trial.ts';
export * from './trial-outcome.ts';
export {
  type Bm25Options,
  type Bm25Recipe,
  bm25OptionsSchema,
  type EmbedRecipe,
  type MultivectorRecipe,
  namedRecipes,
  type ProjectRecipe,
  type RecipeName,
  recipeNames,
  type SaidOfModel,
  type SparseRecipe,
  type TruncateRecipe,
  type VectorSpec,
  vectorSpecSchema,
} from './vector-spec.ts';
