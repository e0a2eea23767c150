import { resolve } from 'node:path';
import { connectionSettings, type ModelConfig, type Pooling } from '@reembed/contracts';

/** Where the files of one ONNX model are, and how they are run. Plain values: it goes to the thread as it is. */
export type OnnxSource = {
  /** Absolute: where the files are, or will be once they are downloaded. */
  readonly folder: string;
  /** Null: nothing is downloaded. */
  readonly hub: Hub | null;
  readonly dtype: 'fp32' | 'fp16' | 'q8';
  /** Null: as the folder says, or the graph pools by itself. */
  readonly pooling: Pooling | null;
  readonly normalise: boolean;
  /** Threads that one run computes with. */
  readonly threads: number;
};

export type Hub = {
  /** `Xenova/all-MiniLM-L6-v2` */
  readonly repository: string;
  readonly revision: string;
  readonly endpoint: string;
  /** REEMBED_MODELS, absolute. */
  readonly cacheDir: string;
  /** Whether HF_HUB_OFFLINE forbids to ask the hub. */
  readonly offline: boolean;
};

type Place = { readonly modelsDir?: string | undefined; readonly env: Readonly<Record<string, string | undefined>> };

/** Owner and name, and nothing that leads out of a folder. */
const repositoryPattern = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * The files of `name` on this machine, or null where the name can be none of the hub's and `entry` gives no folder. HF_ENDPOINT and
 * HF_HUB_OFFLINE mean what they mean to Hugging Face's own tools.
 */
export function findOnnxSource(name: string, entry: Partial<ModelConfig>, { modelsDir, env }: Place): OnnxSource | null {
  const root = resolve(connectionSettings.modelsDir.parse(modelsDir));
  const { folder, revision = 'main', dtype = 'fp32', pooling = null, normalise = true, threads = 1 } = entry;
  const how = { dtype, pooling, normalise, threads };
  if (folder !== undefined) return { folder: resolve(root, folder), hub: null, ...how };
  if (!repositoryPattern.test(name) || name.includes('..')) return null;
  const endpoint = env.HF_ENDPOINT || 'https://huggingface.co';
  const offline = ['1', 'ON', 'YES', 'TRUE'].includes((env.HF_HUB_OFFLINE ?? '').toUpperCase());
  // transformers.js keeps what it downloads in these places.
  const kept = revision === 'main' ? resolve(root, name) : resolve(root, name, revision);
  return { folder: kept, hub: { repository: name, revision, endpoint, cacheDir: root, offline }, ...how };
}
