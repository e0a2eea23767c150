import { readFileSync } from 'node:fs';
import { type BuiltInModel, type BuiltInModels, builtInModelsSchema } from '@reembed/contracts';
import { parse } from 'yaml';

let loaded: BuiltInModels | null = null;

/** What models.yaml says, read at the first call. */
export function builtInModels(): BuiltInModels {
  loaded ??= builtInModelsSchema.parse(parse(readFileSync(new URL('../models.yaml', import.meta.url), 'utf8'), { merge: true }));
  return loaded;
}

/** The row of a name, whoever serves it; `BAAI/bge-m3`, `bge-m3` and Ollama's `bge-m3:latest` are one model. */
export function findOpenModel(name: string): BuiltInModel | undefined {
  const { open } = builtInModels();
  const last = lastPart(name);
  return own(open, last) ?? Object.values(open).find(({ aliases }) => aliases?.includes(last));
}

/** The row of a name that a person gives a model, such as `voyage/voyage-4`, whether or not it can be called from here. */
export function findByName(name: string): BuiltInModel | undefined {
  const { openai, cohere, local } = builtInModels();
  const last = lastPart(name);
  return own(openai, last) ?? own(cohere, last) ?? own(local, last) ?? findOpenModel(last);
}

export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function lastPart(name: string): string {
  return (name.toLowerCase().split('/').at(-1) ?? '').replace(/:latest$/, '');
}

/** `hash/<dimensions>`. */
export const hashDimensions = { least: 16, most: 4096 } as const;
