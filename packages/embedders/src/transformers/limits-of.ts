import type { ModelLimits } from '@reembed/contracts';
import type { ModelProfile } from '../model-profile.ts';
import { readMaxTokens } from './model-folder.ts';

const read = new Map<string, number>();

/** The limits of a model; what its files say of its longest text counts where nothing else does, and as soon as they are there. */
export function limitsOf({ limits, onnx }: Pick<ModelProfile, 'limits' | 'onnx'>): ModelLimits {
  if (onnx === null || limits.maxInputTokens !== null) return limits;
  const maxInputTokens = read.get(onnx.folder) ?? readMaxTokens(onnx.folder);
  if (maxInputTokens !== null) read.set(onnx.folder, maxInputTokens);
  return { ...limits, maxInputTokens };
}
