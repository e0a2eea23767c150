import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const hostPattern = z
  .string()
  .regex(
    /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i,
    'wants a host, such as texts.example.com, *.example.com, 10.0.0.7:9000 or [::1]',
  );

/** What specs may have this fleet ask, beside what `textSources`, `freezeHooks` and `models` name themselves. */
export const reachSchema = z.strictObject({
  hosts: z.array(hostPattern).default([]).meta({
    description:
      'Hosts, with a port or without, that specs may name in `source.textFrom.url` and `switch.freeze.url`. `*.example.com` is every name below it, but none that leads to a private address.',
  }),
  hubModels: z
    .array(z.string().regex(/^[\w.-]+\/([\w.-]+|\*)$|^\*$/, 'wants <owner>/<name>, <owner>/* or *'))
    .default(['Xenova/*', 'onnx-community/*'])
    .meta({
      description:
        'Models of the Hugging Face hub that specs may have downloaded, beside those under `models`: `<owner>/<name>`, `<owner>/*` or `*`.',
    }),
});
export type Reach = z.infer<typeof reachSchema>;

/** How an address is allowed: its host stands in the list itself, or only a domain above it does. */
export type Standing = 'by-name' | 'by-domain';

/** Null: it is not allowed. `named`: whole addresses that the configuration names for another reason. */
export function standingOf(address: string, { hosts }: Pick<Reach, 'hosts'>, named: readonly string[]): Standing | null {
  const { host, hostname, port } = new URL(address);
  const isNamed = named.some((url) => new URL(url).host === host);
  const listed = hosts.map((entry) => entry.toLowerCase());
  const ported = `${hostname}:${port || portOf(address)}`;
  if (isNamed || listed.includes(hostname) || listed.includes(ported)) return 'by-name';
  const isBelow = (entry: string) => entry.startsWith('*.') && (hostname.endsWith(entry.slice(1)) || ported.endsWith(entry.slice(1)));
  return listed.some(isBelow) ? 'by-domain' : null;
}

function portOf(address: string): string {
  return address.startsWith('https:') ? '443' : '80';
}

/**
 * Whether what a name leads to may be connected to: by its own name any but link-local addresses, where clouds hand out keys; by a domain only those that
 * everybody on the internet reaches.
 */
export function mayConnect(ip: string, standing: Standing): boolean {
  const range = ipaddr.process(ip).range();
  return standing === 'by-domain' ? range === 'unicast' : range !== 'linkLocal';
}

/** Whether a model of the hub may be downloaded. */
export function allowsHubModel(repository: string, { hubModels }: Pick<Reach, 'hubModels'>): boolean {
  const [owner = ''] = repository.split('/');
  return [repository, `${owner}/*`, '*'].some((pattern) => hubModels.includes(pattern));
}
