import { ReembedError } from '@reembed/core';
import { packageMissing } from './package-missing.ts';
import type { ThreadFailure } from './thread-failure.ts';
import type { OnnxProfile } from './transformers-embedder.ts';

/** What a failure of the thread means to whoever migrates, with the way out; null where it has no name of ours. */
export function explainThreadFailure(profile: OnnxProfile, cause: unknown): ReembedError | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  const { model, onnx } = profile;
  const explain: Record<ThreadFailure, () => ReembedError> = {
    'package-missing': () => packageMissing(model, cause),
    'file-missing': () => new ReembedError('model-missing', `${describe(profile)}: ${cause.message} ${wayOut(profile)}`, { cause }),
    'not-loaded': () =>
      new ReembedError('model-missing', `${describe(profile)} could not be loaded: ${cause.message}. ${wayOut(profile)}`, { cause }),
    'hub-unreachable': () =>
      new ReembedError('provider-unreachable', `${describe(profile)} could not be downloaded: ${cause.message}. ${wayOut(profile)}`, {
        cause,
      }),
    'pooling-unknown': () =>
      new ReembedError(
        'invalid-config',
        `${model} answers with a vector a token (${cause.message}), and nothing in ${onnx.folder} says how to pool them: set pooling (mean, cls or last-token) in its entry in reembed.config.yaml, as its model card says`,
        { cause },
      ),
  };
  return Object.hasOwn(explain, String(cause.code)) ? explain[cause.code as ThreadFailure]() : null;
}

function describe({ model, onnx: { hub, dtype, folder } }: OnnxProfile): string {
  return hub === null ? `${model} (${dtype}) in ${folder}` : `${model} (${dtype}, revision ${hub.revision} of ${hub.repository})`;
}

function wayOut({ onnx: { hub, folder } }: OnnxProfile): string {
  if (hub === null) return 'Put the files of its ONNX export there again';
  const offline = hub.offline ? ', or unset HF_HUB_OFFLINE' : '';
  return `Put its files into ${folder} by hand${offline}, or name a mirror by HF_ENDPOINT; the hub asked was ${hub.endpoint}`;
}
