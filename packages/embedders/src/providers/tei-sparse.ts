import type { QueryCode } from '@reembed/core';
import { bodyOf, prefixOf, type ServedProfile } from '../records/model-profile.ts';
import { postCode, postJson, readPostFault } from '../served/post-json.ts';
import { NoVectors, providerHost, readNoVectors } from '../served/provider-fault.ts';
import { servedProvider } from '../served/served-provider.ts';
import type { ServerInterface } from '../served/server-interface.ts';

const path = '/embed_sparse';

/** `POST /embed_sparse` of Hugging Face's text-embeddings-inference: a list of `{ index, value }` for each text. */
const sparseInterface: ServerInterface = {
  shape: 'words',
  entryFields: {},
  connect:
    async (profile, apiKey, access) =>
    async (texts, { kind }, signal) => {
      const prefix = prefixOf(profile, kind);
      // A long text is refused, and not cut without a word.
      const body = { inputs: texts.map((text) => prefix + text), truncate: false, ...bodyOf(profile, kind) };
      const reply = await postJson(profile, access, path, { body, apiKey, signal });
      if (!Array.isArray(reply)) throw new NoVectors(readNoVectors(reply));
      return { rows: reply };
    },
  readFault: readPostFault,
  queryCall: (profile) => `POST ${path} at ${providerHost(profile)}, whose list of {index, value} are indices and values`,
  queryCode,
};

/** Learned sparse vectors by a server of one's own; each model has an entry with its address. */
export const teiSparse = servedProvider({
  kind: 'tei-sparse',
  vendorUrl: 'http://127.0.0.1:8080',
  keyVariable: null,
  baseUrlVariable: null,
  interface: sparseInterface,
});

function queryCode(profile: ServedProfile): QueryCode {
  const { python, typescript } = postCode(profile, path, 'inputs', { truncate: true });
  return {
    python: `${python}\nvector = models.SparseVector(indices=[word["index"] for word in reply[0]], values=[word["value"] for word in reply[0]])`,
    typescript: [
      typescript,
      'const words: { index: number; value: number }[] = reply[0];',
      'const vector = { indices: words.map(({ index }) => index), values: words.map(({ value }) => value) };',
    ].join('\n'),
  };
}
