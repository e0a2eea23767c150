import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { adviceFields, modelFields, poolingSchema } from './model-fields.ts';
import { namesMeant } from './model-names.ts';

/** One row of models.yaml, what is built in about models. What is left out takes the provider's default. */
const builtInModelSchema = z.strictObject({
  ...modelFields,
  ...adviceFields,
  dimensions: z.int().positive(),
  /** How its ONNX export is pooled; absent: not known, or it pools by itself. */
  pooling: poolingSchema.optional(),
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
  loaded ??= builtInModelsSchema.parse(
    parse(readFileSync(new URL('../../models.yaml', import.meta.url), 'utf8'), { merge: true, maxAliasCount: -1 }),
  );
  return loaded;
}

/** The models of one provider, by name; of `open`, those that any server may hold. */
export function builtInOf(provider: string): Readonly<Record<string, BuiltInModel>> {
  return own(builtInModels(), provider) ?? {};
}

/** A row, and the name that the model has there. */
export type KnownModel = { readonly name: string; readonly row: BuiltInModel };

/** The model that a name stands for, in the first of these tables that has it, by the nearest of the names it may mean. */
export function findIn(tables: readonly string[], name: string): KnownModel | undefined {
  for (const form of namesMeant(name))
    for (const table of tables) {
      const rows = builtInOf(table);
      const found = own(rows, form) === undefined ? Object.keys(rows).find((key) => rows[key]?.aliases?.includes(form)) : form;
      const row = found === undefined ? undefined : own(rows, found);
      if (found !== undefined && row !== undefined) return { name: found, row };
    }
  return undefined;
}

/** The model that a name stands for on a server that may hold any. */
export function findOpenModel(name: string): KnownModel | undefined {
  return findIn(['open'], name);
}

/** The row of a name that a person gives a model, such as `voyage/voyage-4`, whether or not it can be called from here. */
export function findByName(name: string): BuiltInModel | undefined {
  return findIn(Object.keys(builtInModels()), name)?.row;
}

export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
