import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keepSecret } from '@reembed/contracts';
import { hasTokenizer } from './model-folder.ts';
import type { Hub } from './onnx-source.ts';
import { failWith } from './thread-failure.ts';

/** The first two are there where sentence-transformers made the model. The last one shows that all are there (hasTokenizer). */
const files = [
  { file: 'sentence_bert_config.json', optional: true },
  { file: '1_Pooling/config.json', optional: true },
  { file: 'tokenizer.json', optional: false },
  { file: 'tokenizer_config.json', optional: false },
];

/** Brings what the main thread reads of a model of the hub into its folder, where it is not there yet; transformers.js brings the rest. */
export async function downloadTokenizer(hub: Hub, folder: string): Promise<void> {
  if (hasTokenizer(folder)) return;
  if (hub.refusal !== null) failWith('file-missing', new Error(`${folder} has no tokenizer.json and tokenizer_config.json.`));
  for (const { file, optional } of files) {
    const response = await fetchFromHub(`${hub.endpoint}/${hub.repository}/resolve/${encodeURIComponent(hub.revision)}/${file}`);
    if (response.ok) await save(join(folder, file), await response.bytes().catch((cause: unknown) => failWith('hub-unreachable', cause)));
    else if (!optional || response.status !== 404)
      failWith('file-missing', new Error(`the hub answered ${response.status} for ${response.url}.`));
  }
}

/** fetch, for transformers.js as well: a hub that does not answer is told from one that does not have the file. */
export async function fetchFromHub(input: string | URL, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(input, { headers: authorization(input), ...init }).catch((cause: unknown) =>
    failWith('hub-unreachable', cause),
  );
  if (response.status === 429 || response.status >= 500) failWith('hub-unreachable', new Error(`it answered ${response.status}`));
  return response;
}

/** As transformers.js has it: the token goes to the hub itself and to no mirror. */
function authorization(input: string | URL): Record<string, string> {
  const { HF_TOKEN: token } = process.env;
  keepSecret(token);
  return token && new URL(input).hostname === 'huggingface.co' ? { authorization: `Bearer ${token}` } : {};
}

async function save(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  await writeFile(draft, bytes);
  await rename(draft, path);
}
