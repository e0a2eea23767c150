import { createHash, timingSafeEqual } from 'node:crypto';
import { type CoordinatorSettings, type ErrorCode, isLoopback, type NamedToken, type ProxyAccess } from '@reembed/contracts';
import type { FastifyRequest } from 'fastify';
import type { AccessSource } from './access-source.ts';
import { type Checked, createOidc, highestRole } from './oidc.ts';
import { type Person, plainName, wordOf } from './person.ts';
import { addressesOf } from './trusted-proxy.ts';

export type SignInOptions = {
  /** The one token of admins. */
  readonly token: CoordinatorSettings['token'];
  readonly access: AccessSource;
  readonly now: () => Date;
};

/** Who asks, or why nobody is let in. `isAttempt`: a token that is none was tried. */
export type SignedIn =
  | { readonly person: Person }
  | { readonly fault: string; readonly code: Extract<ErrorCode, 'unauthorized' | 'forbidden'>; readonly isAttempt: boolean };

type Asked = Pick<FastifyRequest, 'headers' | 'hostname' | 'socket'>;

export type SignIn = (request: Asked) => Promise<SignedIn>;

const howTo = 'send the token: Authorization: Bearer …, or in a browser any user name with the token as password';

/**
 * Tells who asks: by a proxy that is trusted, a token with a name, the one token, a token of the identity provider; where none of these is configured, by
 * having reached loopback by a name of it. Throws `identity-provider-unreachable`.
 */
export function createSignIn(options: SignInOptions): SignIn {
  let signIn = signInAsSaid(options);
  options.access.onChange(() => {
    signIn = signInAsSaid(options);
  });
  return (request) => signIn(request);
}

/** By what the file says now. */
function signInAsSaid({ token, access: source, now }: SignInOptions): SignIn {
  const access = source.current();
  const fromProxy = access?.proxy ? proxySignIn(access.proxy) : () => null;
  const checkOidc = access?.oidc ? createOidc(access.oidc, now) : null;
  const isOpen = token === undefined && access === null;
  return async (request) => {
    const told = fromProxy(request);
    if (told !== null) return told;
    if (isOpen) return signInOnLoopback(request);
    const given = tokenOf(request);
    if (given === null) return { code: 'unauthorized', fault: howTo, isAttempt: false };
    // The hash of nothing stands in a file where a shell's variable was empty: it is nobody's.
    if (given === '') return { code: 'unauthorized', fault: `that token is not known; ${howTo}`, isAttempt: true };
    if (token !== undefined && same(sha256Of(given), sha256Of(token)))
      return { person: { name: 'whoever has REEMBED_TOKEN', role: 'admin', knownBy: 'shared-token', until: null } };
    const named = signInByName(access?.tokens ?? [], given, now());
    if (named !== null) return named;
    if (checkOidc !== null && looksSigned(given)) return asSignedIn(await checkOidc(given));
    return { code: 'unauthorized', fault: `that token is not known; ${howTo}`, isAttempt: true };
  };
}

/** Without a token the server is on loopback, and a page of another site that got itself a name for 127.0.0.1 is turned away. */
function signInOnLoopback(request: Asked): SignedIn {
  if (isLoopback(request.hostname))
    return { person: { name: wordOf(request) ?? 'somebody', role: 'admin', knownBy: 'loopback', until: null } };
  const fault = `without a token only loopback names are served, not ${request.hostname}; set REEMBED_TOKEN`;
  return { code: 'forbidden', fault, isAttempt: false };
}

/** Tokens have 256 random bits: their SHA-256 tells nothing of them, and needs no salt. */
function signInByName(tokens: readonly NamedToken[], given: string, now: Date): SignedIn | null {
  const hash = sha256Of(given);
  const found = tokens.filter(({ sha256 }) => same(Buffer.from(sha256, 'hex'), hash));
  const valid = found.find(({ expires }) => expires === null || new Date(expires) > now);
  if (valid !== undefined) {
    const { name, role, expires } = valid;
    return { person: { name, role, knownBy: 'token', until: expires === null ? null : new Date(expires) } };
  }
  const [past] = found;
  if (past === undefined) return null;
  const fault = `the token of ${past.name} was valid until ${past.expires}: have another one made by \`reembed token\``;
  return { code: 'unauthorized', fault, isAttempt: false };
}

function asSignedIn(checked: Checked): SignedIn {
  return 'person' in checked ? checked : { code: checked.code, fault: checked.fault, isAttempt: checked.isForged };
}

/** What the trusted proxy says; null: the request is none of its, or it names nobody. */
function proxySignIn({ addresses, nameHeader, roleHeader, roles }: ProxyAccess): (request: Asked) => SignedIn | null {
  const isFrom = addressesOf(addresses);
  return ({ headers, socket }) => {
    if (nameHeader === null || !isFrom(socket.remoteAddress)) return null;
    const name = plainName(String(headers[nameHeader.toLowerCase()] ?? ''));
    if (name === null) return null;
    const groups = String(headers[roleHeader.toLowerCase()] ?? '').split(',');
    const role = highestRole(
      groups.map((group) => group.trim()),
      roles,
    );
    if (role !== null) return { person: { name, role, knownBy: 'proxy', until: null } };
    return { code: 'forbidden', fault: `${name} has no role here: none of ${roleHeader} gives one`, isAttempt: false };
  };
}

/**
 * A bearer token, or the password of basic authentication, which a browser can send; empty: something else was tried. Null: nothing was. A token may have
 * spaces.
 */
function tokenOf({ headers: { authorization } }: Pick<FastifyRequest, 'headers'>): string | null {
  if (authorization === undefined) return null;
  const [, scheme = '', credentials = ''] = /^(\S+) +(.*)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  return Buffer.from(credentials, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
}

function looksSigned(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function sha256Of(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
