import { type OidcAccess, type Role, roles } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { type Person, plainName } from './person.ts';

/** Who a token is of, or why it lets nobody in. `isForged`: it is none of the issuer's, so that it counts as an attempt. */
export type Checked =
  | { readonly person: Person }
  | { readonly fault: string; readonly isForged: boolean; readonly code: 'unauthorized' | 'forbidden' };

/** How long one question to the issuer may take, in ms. */
const askMs = 5_000;

/** How long its keys are good without asking again, in ms. */
const keysMs = 600_000;

/** A key that is not among them is asked for at once, for the issuer may have a new one; after that such keys wait so long, in ms: anybody can name one. */
const unknownKeyMs = 10_000;

/**
 * Checks bearer tokens of an identity provider: signature by one of its keys, issuer, audience, time. Throws `identity-provider-unreachable` where its keys
 * cannot be had.
 */
export function createOidc(access: OidcAccess, now: () => Date): (token: string) => Promise<Checked> {
  const keys = keysOf(access);
  const { issuer, audience, clockSkewSeconds: clockTolerance } = access;
  const wanted = { issuer, audience, clockTolerance, algorithms: [...access.algorithms], requiredClaims: ['exp'] };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, await keys(), { ...wanted, currentDate: now() });
      return personOf(access, payload, clockTolerance);
    } catch (error) {
      return faultOf(error, issuer);
    }
  };
}

function faultOf(error: unknown, issuer: string): Checked {
  if (error instanceof errors.JWTExpired) return { fault: 'the token has expired: get another one', isForged: false, code: 'unauthorized' };
  if (error instanceof errors.JWTClaimValidationFailed)
    return { fault: `the token is not for here: its claim ${error.claim} is another`, isForged: false, code: 'unauthorized' };
  if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw unreachable(issuer, error);
  // What the set of keys answers besides is no set of keys.
  if (error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC') throw unreachable(issuer, error);
  return { fault: 'the token is none of the identity provider', isForged: true, code: 'unauthorized' };
}

/** The issuer's own description says where its keys are, once it answers. */
function keysOf({ issuer, jwksUri }: OidcAccess): () => Promise<JWTVerifyGetKey> {
  const open = (uri: string) => askingForUnknownKeys(new URL(uri));
  let known: JWTVerifyGetKey | null = jwksUri === null ? null : open(jwksUri);
  return async () => {
    known ??= open(await discover(issuer));
    return known;
  };
}

/** The keys at an address. jose counts its own pause from when keys were last fetched, by which a new key right after that would have to wait. */
function askingForUnknownKeys(uri: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(uri, { timeoutDuration: askMs, cacheMaxAge: keysMs, cooldownDuration: Number.POSITIVE_INFINITY });
  let notBefore = 0;
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() < notBefore) throw error;
      notBefore = performance.now() + unknownKeyMs;
      await keys.reload();
      return keys(header, token);
    }
  };
}

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

async function discover(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(askMs) });
  const { issuer: told, jwks_uri: uri } = discoverySchema.parse(await answer.json());
  if (told !== issuer) throw new Error(`${address} tells of another issuer`);
  return uri;
}

function personOf({ nameClaim, roleClaim, roles: roleOf }: OidcAccess, claims: JWTPayload, toleranceSeconds: number): Checked {
  const [said = ''] = textsOf(claimAt(claims, nameClaim));
  const name = plainName(said);
  if (name === null)
    return { fault: `the token has no claim ${nameClaim}, which names whoever acts`, isForged: false, code: 'unauthorized' };
  const role = highestRole(textsOf(claimAt(claims, roleClaim)), roleOf);
  if (role === null)
    return { fault: `${name} has no role here: none of the claim ${roleClaim} gives one`, isForged: false, code: 'forbidden' };
  const until = new Date(((claims.exp ?? 0) + toleranceSeconds) * 1_000);
  return { person: { name, role, knownBy: 'oidc', until } };
}

/** A claim by its own name, or by dots into what it holds: names may have dots, as URLs do. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), claims);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textsOf(claim: unknown): string[] {
  return [claim].flat().filter((value) => typeof value === 'string');
}

/** The highest role that one of these groups gives; null: none does. */
export function highestRole(groups: readonly string[], roleOf: Readonly<Record<string, Role>>): Role | null {
  const given = groups.flatMap((group) => (Object.hasOwn(roleOf, group) ? (roleOf[group] ?? []) : []));
  return roles.findLast((role) => given.includes(role)) ?? null;
}

function unreachable(issuer: string, cause: unknown): ReembedError {
  return new ReembedError(
    'identity-provider-unreachable',
    `the keys of ${issuer} cannot be had, so that its tokens cannot be checked: see whether it answers at the address in REEMBED_ACCESS`,
    { cause },
  );
}
