import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelLimits } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Pooling } from '../records/model-fields.ts';
import type { OnnxProfile, OnnxSource } from './onnx-source.ts';

/** What transformers.js appends to a file's name. */
const suffixes = { fp32: '', fp16: '_fp16', q8: '_quantized' } as const;

/** The folder of the weights below the model's: `onnx`, where exports of the hub have them, or none. */
export function weightsFolder({ folder, hub }: OnnxSource): 'onnx' | '' {
  return hub !== null || existsSync(join(folder, 'onnx')) ? 'onnx' : '';
}

export function hasTokenizer(folder: string): boolean {
  return existsSync(join(folder, 'tokenizer.json')) && existsSync(join(folder, 'tokenizer_config.json'));
}

/** Throws `model-missing`, naming model, folder, what is there and the way out, where a folder that is not downloaded lacks a file. */
export function checkFolder(model: string, source: OnnxSource): void {
  const { folder, dtype } = source;
  const weights = join(weightsFolder(source), `model${suffixes[dtype]}.onnx`);
  const missing = ['config.json', 'tokenizer.json', 'tokenizer_config.json', weights].find((file) => !existsSync(join(folder, file)));
  if (missing === undefined) return;
  const found = listWeights(folder);
  const advice = found === null ? 'there is no such folder' : `its weights are ${found.join(', ') || 'none'}`;
  throw new ReembedError(
    'model-missing',
    `${model} (${dtype}) has no ${missing} in ${folder}: ${advice}. Put the model's ONNX export there, or mend folder and dtype of its entry, or REEMBED_MODELS`,
  );
}

function listWeights(folder: string): string[] | null {
  if (!existsSync(folder)) return null;
  return ['', 'onnx']
    .filter((below) => existsSync(join(folder, below)))
    .flatMap((below) => readdirSync(join(folder, below)).map((file) => join(below, file)))
    .filter((file) => file.endsWith('.onnx'));
}

const maxTokensOf = new Map<string, number>();

/** The limits of a model; what its files say of its longest text counts where nothing else does, and as soon as they are there. */
export function limitsOf({ limits, onnx }: OnnxProfile): ModelLimits {
  if (limits.maxInputTokens !== null) return limits;
  const maxInputTokens = maxTokensOf.get(onnx.folder) ?? readMaxTokens(onnx.folder);
  if (maxInputTokens !== null) maxTokensOf.set(onnx.folder, maxInputTokens);
  return { ...limits, maxInputTokens };
}

/** How many tokens the model reads, as sentence-transformers or its tokenizer say; null where neither does. */
function readMaxTokens(folder: string): number | null {
  const said =
    numberIn(folder, 'sentence_bert_config.json', 'max_seq_length') ?? numberIn(folder, 'tokenizer_config.json', 'model_max_length');
  // 1e30 stands for "not set" there.
  return said !== null && Number.isInteger(said) && said > 0 && said < 1e7 ? said : null;
}

/** As sentence-transformers writes it beside a model; null where it says nothing, or something that is not done here. */
export function readPooling(folder: string): Pooling | null {
  const said = readJson(folder, '1_Pooling/config.json');
  if (said === null) return null;
  const modes = { mean_tokens: 'mean', cls_token: 'cls', lasttoken: 'last-token' } as const;
  const on = Object.keys(said).filter((key) => key.startsWith('pooling_mode_') && said[key] === true);
  const mode = on.length === 1 ? (on[0] ?? '').slice('pooling_mode_'.length) : '';
  return mode in modes ? modes[mode as keyof typeof modes] : null;
}

/** A number of a JSON file of the model's folder; null where there is none. */
export function numberIn(folder: string, file: string, field: string): number | null {
  const value = readJson(folder, file)?.[field];
  return typeof value === 'number' ? value : null;
}

/** A JSON object of the model's folder; null where there is no such file. Throws `model-missing` where it is damaged. */
export function readJson(folder: string, file: string): Readonly<Record<string, unknown>> | null {
  const path = join(folder, file);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ReembedError('model-missing', `${path} is no JSON: it may have been cut short; put the model's file there again`, { cause });
  }
}
