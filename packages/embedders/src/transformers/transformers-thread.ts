import { workerData } from 'node:worker_threads';
import type * as Transformers from '@huggingface/transformers';
import { serveRuns } from '../here/serve-runs.ts';
import type { Pooling } from '../records/model-fields.ts';
import { downloadTokenizer, fetchFromHub } from './download-tokenizer.ts';
import { numberIn, readPooling, weightsFolder } from './model-folder.ts';
import type { OnnxSource } from './onnx-source.ts';
import { type Batch, padTexts, poolTokens } from './pool-tokens.ts';
import { failWith } from './thread-failure.ts';

/** The entry of a thread that runs an ONNX sentence model: token ids in, one vector a text out, neither cut nor normalised. */
type Loaded = {
  readonly library: typeof Transformers;
  readonly model: Transformers.PreTrainedModel;
  readonly pooling: Pooling | null;
  readonly padId: number;
};

async function load(source: OnnxSource): Promise<Loaded> {
  try {
    if (source.hub !== null) await downloadTokenizer(source.hub, source.folder);
    return await loadModel(source);
  } catch (cause) {
    const missing = cause instanceof Error && cause.name === 'ModelFileNotFoundError';
    return failWith(missing ? 'file-missing' : 'not-loaded', cause);
  }
}

async function loadModel(source: OnnxSource): Promise<Loaded> {
  const { hub, folder, dtype, threads } = source;
  const library = await import('@huggingface/transformers').catch((cause) => failWith('package-missing', cause));
  configure(library, source);
  const files =
    hub === null ? { local_files_only: true } : { revision: hub.revision, cache_dir: hub.cacheDir, local_files_only: hub.refusal !== null };
  const model = await library.AutoModel.from_pretrained(hub?.repository ?? folder, {
    ...files,
    subfolder: weightsFolder(source),
    dtype,
    device: 'cpu',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4 },
  });
  const padId = numberIn(folder, 'config.json', 'pad_token_id') ?? 0;
  return { library, model, pooling: source.pooling ?? readPooling(folder), padId };
}

function configure({ env, LogLevel }: typeof Transformers, { hub }: OnnxSource): void {
  // Its lines are no JSON, as those of a worker's log are.
  env.logLevel = LogLevel.NONE;
  if (hub === null) return;
  env.remoteHost = hub.endpoint;
  env.fetch = fetchFromHub;
}

/** n × dimensions, row-major. */
async function run({ library, model, pooling, padId }: Loaded, texts: readonly (readonly number[])[]): Promise<Float32Array> {
  if (texts.length === 0) return new Float32Array(0);
  const batch = padTexts(texts, padId);
  const shape = [texts.length, batch.length];
  const inputs = {
    input_ids: new library.Tensor('int64', batch.ids, shape),
    attention_mask: new library.Tensor('int64', batch.mask, shape),
  };
  const outputs: Readonly<Record<string, Transformers.Tensor>> = await model(inputs);
  return pool(batch, outputs, pooling);
}

/** A vector a text as the graph itself gives it, unless `pooling` says how to make one of those of the tokens. */
function pool(batch: Batch, outputs: Readonly<Record<string, Transformers.Tensor>>, pooling: Pooling | null): Float32Array {
  const found = Object.values(outputs);
  const pooled = outputs.sentence_embedding;
  const tokens = outputs.last_hidden_state ?? outputs.token_embeddings ?? found.find(({ dims }) => dims.length === 3);
  if (tokens && pooling) return poolTokens(batch, floatsOf(tokens), pooling);
  if (pooled) return floatsOf(pooled);
  return failWith(tokens ? 'pooling-unknown' : 'not-loaded', new Error(`the graph answers with ${Object.keys(outputs).join(', ')}`));
}

function floatsOf(tensor: Transformers.Tensor): Float32Array {
  return Float32Array.from(tensor.to('float32').data as Float32Array);
}

serveRuns(load(workerData as OnnxSource), run);
