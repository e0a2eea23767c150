import { ReembedError } from '@reembed/core';
import type { OnnxProfile } from './onnx-source.ts';

/** What went wrong in the thread, for the embedder to put into words. */
export type ThreadFailure = 'package-missing' | 'file-missing' | 'hub-unreachable' | 'not-loaded' | 'pooling-unknown';

/** Throws the failure with the words of its cause; one that has a name already goes on as it is, or gives its name to what it caused. */
export function failWith(code: ThreadFailure, cause: unknown): never {
  if (cause instanceof Error && 'code' in cause && known.has(String(cause.code))) throw cause;
  throw Object.assign(new Error(wordsOf(cause), { cause }), { code: innermost(cause) ?? code });
}

const known: ReadonlySet<string> = new Set<ThreadFailure>([
  'package-missing',
  'file-missing',
  'hub-unreachable',
  'not-loaded',
  'pooling-unknown',
]);

/** fetch says what it met in its cause, such as ECONNREFUSED. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}

function innermost(cause: unknown): ThreadFailure | null {
  if (!(cause instanceof Error)) return null;
  // The body of a download that broke off: undici's only sign is the code of the cause.
  if ('code' in cause && typeof cause.code === 'string') {
    if (known.has(cause.code)) return cause.code as ThreadFailure;
    if (/^(UND_ERR_|ECONN|ETIMEDOUT|EAI_AGAIN|ENOTFOUND)/.test(cause.code)) return 'hub-unreachable';
  }
  return innermost(cause.cause);
}

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
  if (hub.refusal !== null) return `Nothing is downloaded: ${hub.refusal}. Its files may also be put into ${folder} by hand`;
  return `Put its files into ${folder} by hand, or name a mirror by HF_ENDPOINT; the hub asked was ${hub.endpoint}`;
}

/** The versions that package.json has among its optional peers: some 450 MB, installed only where such a model is used. */
export const packageVersions = { '@huggingface/transformers': '4.3.1', '@huggingface/tokenizers': '0.2.0' } as const;

export function packageMissing(what: string, cause: unknown): ReembedError {
  const packages = Object.entries(packageVersions).map(([name, version]) => `${name}@${version}`);
  const reason = cause instanceof Error ? ` (${cause.message.split('\n')[0]})` : '';
  return new ReembedError(
    'model-missing',
    `${what} is run by optional packages that do not load here${reason}; install them beside the worker: npm install ${packages.join(' ')}`,
    { cause },
  );
}
