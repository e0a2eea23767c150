import { basename } from 'node:path';
import type { ModelProfile } from './model-profile.ts';
import { providerHost } from './translate-provider-error.ts';

/** How an application gets a query's embedding from the model, in words. */
export function describeQuery(profile: ModelProfile): string {
  const { provider, providerModel, queryPrefix, queryBody, model, onnx } = profile;
  if (provider === 'hash' || provider === 'local')
    return `"${model}" runs in reembed's own process only (the package @reembed/embedders); nothing leaves the machine`;
  if (onnx !== null) {
    const { hub, dtype, pooling, normalise } = onnx;
    const files = hub === null ? `the model of the folder ${basename(onnx.folder)}` : `${hub.repository} at revision ${hub.revision}`;
    const how = `${pooling ?? 'its own'} pooling, ${normalise ? 'vectors of length 1' : 'not normalised'}`;
    return `run ${files} (${dtype}, ${how}) where queries are embedded, ${prefixHint(queryPrefix)}; nothing leaves the machine`;
  }
  const call =
    provider === 'cohere'
      ? `POST /v2/embed at ${providerHost(profile)}, model "${providerModel}", input_type "search_query"`
      : `POST /embeddings at ${providerHost(profile)}, model "${providerModel}"`;
  const body = Object.keys(queryBody).length === 0 ? '' : `, with ${JSON.stringify(queryBody)} in the body`;
  return `${call}, ${prefixHint(queryPrefix)}${body}`;
}

function prefixHint(queryPrefix: string): string {
  return queryPrefix === '' ? 'no prefix' : `each query begins with ${JSON.stringify(queryPrefix)}`;
}
