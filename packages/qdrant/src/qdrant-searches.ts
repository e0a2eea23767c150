import type { Searches, SearchRequest } from '@reembed/core';
import { createSender, pointsPath, type SenderOptions } from './send-text.ts';
import { sliceHits } from './slice-answers.ts';

/** Searches over undici and JSON text, so that ids stay exact. Idle connections keep no process alive. */
export function createQdrantSearches(options: SenderOptions): Searches {
  const send = createSender(options);
  return {
    async search(collection, request) {
      const path = `${pointsPath(collection)}/query`;
      const body = queryBody(request);
      const began = performance.now();
      return send({
        method: 'POST',
        path,
        body,
        signal: request.signal,
        read(answer) {
          const tookMs = performance.now() - began;
          return { hits: sliceHits(answer), tookMs };
        },
      });
    },
  };
}

type Stage = Pick<SearchRequest['profile'], 'using' | 'filter'>;

/** The body of `POST /collections/{c}/points/query`. Queries and filters stay the texts they are. Throws where one of the profile's is not given. */
function queryBody({ profile, queries, limit, exact, ef, quantization = null, fields }: SearchRequest): string {
  const params = JSON.stringify({ exact, hnsw_ef: ef, ...(quantization === null ? {} : { quantization }) });
  const nearest = ({ using, filter }: Stage, most: number) => {
    const query = queries[using];
    if (query === undefined) throw new Error(`no query was given for the vector "${using}"`);
    return `"query":${query},${using === '' ? '' : `"using":${JSON.stringify(using)},`}${rest(filter, most, params)}`;
  };
  const prefetch = profile.prefetch.map((candidates) => `{${nearest(candidates, candidates.limit)}}`).join(',');
  const most = limit ?? profile.limit;
  const ranked = profile.fusion === null ? nearest(profile, most) : `"query":${fusionQuery(profile)},${rest(profile.filter, most, params)}`;
  return `{${prefetch === '' ? '' : `"prefetch":[${prefetch}],`}${ranked},"with_payload":${JSON.stringify(fields)},"with_vector":false}`;
}

/** As `{"fusion": …}` where the server's own parameters hold, which every version knows. */
function fusionQuery({ fusion, rrf }: SearchRequest['profile']): string {
  if (rrf === undefined) return JSON.stringify({ fusion });
  return JSON.stringify({ rrf: { k: rrf.k, ...(rrf.weights === null ? {} : { weights: rrf.weights }) } });
}

function rest(filter: Stage['filter'], limit: number, params: string): string {
  const filtered = filter === null ? '' : `"filter":${filter},`;
  return `${filtered}"limit":${limit},"params":${params}`;
}
