import type { QueryCode } from '@reembed/core';
import { bodyOf, prefixOf, type ServedProfile } from '../records/model-profile.ts';
import { orderByIndex } from '../replies/check-embeddings.ts';
import { postCode, postJson, readPostFault } from '../served/post-json.ts';
import { NoVectors, providerHost, readNoVectors } from '../served/provider-fault.ts';
import { servedProvider } from '../served/served-provider.ts';
import type { ServerInterface } from '../served/server-interface.ts';

const path = '/pooling';
const task = 'token_embed';

/** `POST /pooling` of vLLM, by which it serves ColBERT and its like: `data[].data` are rows, one for each token of a text. */
const rowsInterface: ServerInterface = {
  shape: 'rows',
  entryFields: {},
  connect:
    async (profile, apiKey, access) =>
    async (texts, { kind }, signal) => {
      const prefix = prefixOf(profile, kind);
      const body = {
        model: profile.providerModel,
        task,
        encoding_format: 'float',
        input: texts.map((text) => prefix + text),
        ...bodyOf(profile, kind),
      };
      const reply = (await postJson(profile, access, path, { body, apiKey, signal })) as Reply | null;
      if (!Array.isArray(reply?.data)) throw new NoVectors(readNoVectors(reply));
      const billed = reply.usage?.prompt_tokens;
      return {
        rows: orderByIndex(profile.model, reply.data as { index?: unknown; data?: unknown }[]).map(({ data }) => data),
        billed: typeof billed === 'number' && billed > 0 ? billed : undefined,
      };
    },
  readFault: readPostFault,
  queryCall: (profile) =>
    `POST ${path} at ${providerHost(profile)}, model "${profile.providerModel}", task "${task}": data[0].data are its rows`,
  queryCode,
};

type Reply = { readonly data?: unknown; readonly usage?: { readonly prompt_tokens?: unknown } };

/** Rows of late interaction by a server of one's own; each model has an entry with its address. */
export const vllmRows = servedProvider({
  kind: 'vllm-rows',
  vendorUrl: 'http://127.0.0.1:8000',
  keyVariable: null,
  baseUrlVariable: null,
  interface: rowsInterface,
});

function queryCode(profile: ServedProfile): QueryCode {
  const { python, typescript } = postCode(profile, path, 'input', { model: profile.providerModel, task });
  return {
    python: `${python}\nvector = reply["data"][0]["data"]`,
    typescript: `${typescript}\nconst vector: number[][] = reply.data[0].data;`,
  };
}
