import type { ModelProfile } from './model-profile.ts';
import { providerHost } from './translate-provider-error.ts';

/** How an application gets a query's embedding from the model, in words. */
export function describeQuery(profile: ModelProfile): string {
  const { provider, providerModel, queryPrefix, queryBody, model } = profile;
  if (provider === 'hash' || provider === 'local')
    return `embed queries with reembed's own client, model "${model}"; nothing leaves the machine`;
  const call =
    provider === 'cohere'
      ? `POST /v2/embed at ${providerHost(profile)}, model "${providerModel}", input_type "search_query"`
      : `POST /embeddings at ${providerHost(profile)}, model "${providerModel}"`;
  const prefix = queryPrefix === '' ? 'no prefix' : `each query begins with ${JSON.stringify(queryPrefix)}`;
  const body = Object.keys(queryBody).length === 0 ? '' : `, with ${JSON.stringify(queryBody)} in the body`;
  return `${call}, ${prefix}${body}`;
}
