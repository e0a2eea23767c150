import { readFileSync } from 'node:fs';
import { modelLimitsSchema } from '@reembed/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { modelFields, poolingSchema } from './model-fields.ts';

const accountLimits = modelLimitsSchema.pick({ requestsPerMinute: true, tokensPerMinute: true, inputsPerMinute: true }).partial();

/** One row of models.yaml, what is built in about models. What is left out takes the provider's default. */
const builtInModelSchema = z.strictObject({
  ...modelFields,
  dimensions: z.int().positive(),
  /** Models that name the same space embed into it together: documents of one are found by queries of another. */
  space: z.string().optional(),
  /** What hangs on the account: rate limits of the smallest and of the largest, for estimates and never for pacing. */
  accountLimits: z.strictObject({ least: accountLimits, most: accountLimits.optional() }).optional(),
  /** How its ONNX export is pooled; absent: not known, or it pools by itself. */
  pooling: poolingSchema.optional(),
  /** As `pricePerMillionTokensUsd`, the list price of one call after another, but on the vendor's batch road. */
  batchPricePerMillionTokensUsd: z.number().nonnegative().optional(),
  /** As measured, for a model that runs in the worker. */
  tokensPerSecondPerWorker: z.number().positive().optional(),
  /** The day after which it answers no more. */
  retired: z.iso.date().optional(),
  /** When the figures were last compared with `source`. */
  asOf: z.string().regex(/^20\d\d-\d\d$/),
  source: z.url(),
  /** Other names servers give it, in lower case. */
  aliases: z.array(z.string()).optional(),
});
export type BuiltInModel = z.infer<typeof builtInModelSchema>;

/** Rows by name, under the provider that serves them; `open`: whoever has a server that holds them. */
const builtInModelsSchema = z.record(z.string(), z.record(z.string(), builtInModelSchema));
type BuiltInModels = z.infer<typeof builtInModelsSchema>;

let loaded: BuiltInModels | null = null;

/** What models.yaml says, read at the first call. */
export function builtInModels(): BuiltInModels {
  loaded ??= builtInModelsSchema.parse(parse(readFileSync(new URL('../../models.yaml', import.meta.url), 'utf8'), { merge: true }));
  return loaded;
}

/** The models of one provider, by name; of `open`, those that any server may hold. */
export function builtInOf(provider: string): Readonly<Record<string, BuiltInModel>> {
  return own(builtInModels(), provider) ?? {};
}

/** The row of a name, whoever serves it; `BAAI/bge-m3`, `bge-m3` and Ollama's `bge-m3:latest` are one model. */
export function findOpenModel(name: string): BuiltInModel | undefined {
  const last = lastPart(name);
  return own(builtInOf('open'), last) ?? Object.values(builtInOf('open')).find(({ aliases }) => aliases?.includes(last));
}

/** The row of a name that a person gives a model, such as `voyage/voyage-4`, whether or not it can be called from here. */
export function findByName(name: string): BuiltInModel | undefined {
  const last = lastPart(name);
  const found = Object.values(builtInModels()).flatMap((table) => own(table, last) ?? []);
  return found[0] ?? findOpenModel(last);
}

export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function lastPart(name: string): string {
  return (name.toLowerCase().split('/').at(-1) ?? '').replace(/:latest$/, '');
}
