import { type Collections, isReembedError } from '@reembed/core';
import type { RestClient } from './rest-client.ts';

type Usage = { readonly resident_memory_percent?: number | null; readonly disk_usage_percent?: number | null };
type QuotaStatus = { readonly usage?: Usage | null; readonly peers?: Readonly<Record<string, Usage | undefined>> | null };

/** `GET /quotas` (1.19 and later): the readings are there whether or not quotas are enforced (seen in the source of 1.19). */
export async function readUsage(client: RestClient): ReturnType<Collections['usage']> {
  try {
    const { usage, peers } = await client.result<QuotaStatus>('GET', '/quotas', (api, init) => api.getQuotas({}, init));
    const servers = [usage, ...Object.values(peers ?? {})];
    return {
      diskPercent: mostOf(servers.map((server) => server?.disk_usage_percent)),
      memoryPercent: mostOf(servers.map((server) => server?.resident_memory_percent)),
    };
  } catch (error) {
    // An older server, a key that may not ask: it does not say. What is away will answer later.
    if (isReembedError(error) && error.retry === 'never') return { diskPercent: null, memoryPercent: null };
    throw error;
  }
}

function mostOf(readings: readonly (number | null | undefined)[]): number | null {
  const known = readings.filter((reading) => typeof reading === 'number');
  return known.length === 0 ? null : Math.max(...known);
}
