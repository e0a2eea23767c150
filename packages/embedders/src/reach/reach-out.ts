import { type LookupAddress, lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ReembedError } from '@reembed/core';
import { Agent, fetch, type Response } from 'undici';
import type { ReembedConfig } from '../reembed-config.ts';
import { mayConnect, reachSchema, type Standing, standingOf } from './allowed-hosts.ts';

export type Outgoing = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
};

/** Requests to addresses that a spec names. */
export type ReachOut = {
  /** Why the address is not asked, in words with the way out; null: it may be. */
  refusal(address: string): string | null;
  /**
   * `POST`, to no other address than this one: a redirect is answered as it is. Throws `address-not-allowed` where it, or what its name leads to, is not
   * allowed, and what `fetch` throws.
   */
  post(address: string, request: Outgoing): Promise<Response>;
};

type Config = Pick<ReembedConfig, 'reach' | 'textSources' | 'freezeHooks' | 'hooks'>;

/** What looks names up, all of their addresses at once. */
type Resolve = (hostname: string, options: { readonly all: true }, done: Found) => void;
type Found = (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void;

/** As reembed.config.yaml allows it. */
export function createReachOut(config: Config, resolve: Resolve = lookUp): ReachOut {
  const reach = config.reach ?? reachSchema.parse({});
  const named = [...(config.textSources ?? []), ...(config.freezeHooks ?? []), ...(config.hooks ?? [])].flatMap(({ url }) => url ?? []);
  const agents: Readonly<Record<Standing, Agent>> = {
    'by-name': agentFor('by-name', resolve),
    'by-domain': agentFor('by-domain', resolve),
  };
  const refusal = (address: string) => (standingOf(address, reach, named) === null ? notAllowed(new URL(address).host) : null);
  return {
    refusal,
    async post(address, request) {
      const standing = standingOf(address, reach, named);
      if (standing === null) throw new ReembedError('address-not-allowed', notAllowed(new URL(address).host));
      try {
        return await fetch(address, { method: 'POST', redirect: 'manual', dispatcher: agents[standing], ...request });
      } catch (error) {
        const [refused] = causesOf(error).filter((cause) => cause instanceof LeadsElsewhere);
        throw refused === undefined ? error : leadsElsewhere(new URL(address).host, refused);
      }
    },
  };
}

/** A name led to an address that it may not lead to. */
class LeadsElsewhere extends Error {}

/**
 * A name is looked up once for a connection, and the connection is made to what was looked at: a name that leads elsewhere a moment later is of no use. What is
 * written as an address was allowed as it stands and is not looked up.
 */
function agentFor(standing: Standing, resolve: Resolve): Agent {
  const lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '', 0);
      const allowed = found.filter(({ address }) => mayConnect(address, standing));
      const [first] = allowed;
      if (first === undefined) return done(new LeadsElsewhere(found.map(({ address }) => address).join(', ')), '', 0);
      return options.all ? done(null, allowed) : done(null, first.address, first.family);
    });
  };
  return new Agent({ connect: { lookup } });
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let link = error; link instanceof Error && causes.length < 5; link = link.cause) causes.push(link);
  return causes;
}

function notAllowed(host: string): string {
  return `"${host}" is not among the hosts that specs may name: reembed.config.yaml allows it, under reach.hosts, or as an entry of textSources or freezeHooks`;
}

function leadsElsewhere(host: string, { message }: Error): ReembedError {
  return new ReembedError(
    'address-not-allowed',
    `"${host}" leads to ${message}, which is private or link-local: reembed.config.yaml allows a private address by the host's own name, and a link-local one as it stands`,
  );
}
