import { resolve } from 'node:path';
import { connectionSettings } from '@reembed/contracts';
import { z } from 'zod';
import { type Pooling, poolingSchema } from '../records/model-fields.ts';
import type { ModelProfile } from '../records/model-profile.ts';

/** What an entry says of the files, which are in the directory of REEMBED_MODELS, or below any other folder that this machine's configuration names. */
export const onnxFields = {
  folder: z.string().min(1).optional().meta({
    description: "A folder with the model's files, below the directory of REEMBED_MODELS; default: it is downloaded from the hub.",
  }),
  revision: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is a branch, tag or commit: letters, digits, . _ -')
    .optional()
    .meta({ description: "The hub's branch, tag or commit; only a commit never moves; default: main." }),
  dtype: z
    .enum(['fp32', 'fp16', 'q8'])
    .optional()
    .meta({ description: 'The file that is run: onnx/model.onnx, model_fp16.onnx or model_quantized.onnx; default: fp32.' }),
  pooling: poolingSchema.optional().meta({
    description:
      "How one vector is made of those of the tokens; default: as built in, or as the folder's 1_Pooling/config.json says. A graph that pools by itself wants none.",
  }),
  normalise: z.boolean().optional().meta({ description: 'Whether vectors are brought to length 1; default: yes.' }),
  threads: z.int().positive().max(256).optional().meta({ description: 'Threads that one run computes with; default: 1, one core.' }),
};
type OnnxFields = z.infer<z.ZodObject<typeof onnxFields>>;

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
  /** Why nothing is downloaded, in words with the way out: HF_HUB_OFFLINE, or a model that the configuration does not allow. Null: it may be. */
  readonly refusal: string | null;
};

/** A model that is run from ONNX files. */
export type OnnxProfile = ModelProfile & { readonly onnx: OnnxSource };

type Place = {
  readonly modelsDir?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether it may be downloaded: the configuration or the catalogue names it. */
  readonly isAllowed: boolean;
};

/** Owner and name, and nothing that leads out of a folder. */
const repositoryPattern = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * The files of `name` on this machine, or null where the name can be none of the hub's and `entry` gives no folder. HF_ENDPOINT and
 * HF_HUB_OFFLINE mean what they mean to Hugging Face's own tools.
 */
export function findOnnxSource(name: string, entry: OnnxFields, { modelsDir, env, isAllowed }: Place): OnnxSource | null {
  const root = resolve(connectionSettings.modelsDir.parse(modelsDir));
  const { folder, revision = 'main', dtype = 'fp32', pooling = null, normalise = true, threads = 1 } = entry;
  const how = { dtype, pooling, normalise, threads };
  if (folder !== undefined) return { folder: resolve(root, folder), hub: null, ...how };
  if (!repositoryPattern.test(name) || name.includes('..')) return null;
  const endpoint = env.HF_ENDPOINT || 'https://huggingface.co';
  const offline = ['1', 'ON', 'YES', 'TRUE'].includes((env.HF_HUB_OFFLINE ?? '').toUpperCase());
  const notListed = `reach.hubModels in reembed.config.yaml does not allow ${name}; add it there, or give it an entry under models`;
  const refusal = offline ? 'HF_HUB_OFFLINE is set; unset it' : isAllowed ? null : notListed;
  // transformers.js keeps what it downloads in these places.
  const kept = revision === 'main' ? resolve(root, name) : resolve(root, name, revision);
  return { folder: kept, hub: { repository: name, revision, endpoint, cacheDir: root, refusal }, ...how };
}
