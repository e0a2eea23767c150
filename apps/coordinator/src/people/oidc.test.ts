import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accessSchema, type OidcAccess } from '@reembed/contracts';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOidc } from './oidc.ts';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** An identity provider: its description and its keys, of which it may be given others. */
async function startIssuer() {
  const asked: string[] = [];
  let published: object[] = [];
  let away = false;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (away) return response.writeHead(503).end();
    const told = { issuer: issuer(), jwks_uri: `${issuer()}/keys` };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(request.url === '/keys' ? { keys: published } : told));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer: issuer(),
    asked,
    async publish(...keys: { kid: string; alg: string; keys: Keys }[]) {
      published = await Promise.all(keys.map(async ({ kid, alg, keys: { publicKey } }) => ({ ...(await exportJWK(publicKey)), kid, alg })));
    },
    goAway(isAway: boolean) {
      away = isAway;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const now = () => new Date('2026-06-01T12:00:00Z');
const seconds = (text: string) => Math.floor(Date.parse(text) / 1000);

describe('a token of an identity provider', () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  let keys: Keys;
  let strange: Keys;
  let other: Keys;
  beforeAll(async () => {
    issuer = await startIssuer();
    [keys, strange, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256'), generateKeyPair('PS256')]);
    await issuer.publish({ kid: 'k1', alg: 'RS256', keys }, { kid: 'k2', alg: 'PS256', keys: other });
  });
  afterAll(() => issuer[Symbol.asyncDispose]());

  const oidc = (change: Partial<OidcAccess> = {}) => {
    const said = {
      issuer: issuer.issuer,
      audience: 'reembed',
      nameClaim: 'email',
      roles: { search: 'operator', root: 'admin' },
      ...change,
    };
    return createOidc(accessSchema.parse({ oidc: said }).oidc ?? expect.fail(), now);
  };
  const claims = { email: 'ada@example.com', groups: ['search'], iss: '', aud: 'reembed', exp: seconds('2026-06-01T13:00:00Z') };
  const sign = (change: JWTPayload = {}, by = keys, header: { alg: string; kid: string } = { alg: 'RS256', kid: 'k1' }) =>
    new SignJWT({ ...claims, iss: issuer.issuer, ...change }).setProtectedHeader(header).sign(by.privateKey);

  it('says who acts, and the role of the highest group', async () => {
    const check = oidc();
    expect(await check(await sign())).toEqual({
      person: { name: 'ada@example.com', role: 'operator', knownBy: 'oidc', until: new Date('2026-06-01T13:00:30Z') },
    });
    expect(await check(await sign({ groups: ['root', 'search', 'x'] }))).toMatchObject({ person: { role: 'admin' } });
  });

  it('has its groups where a dotted claim leads, and its name in one that has dots itself', async () => {
    const check = oidc({ roleClaim: 'realm_access.roles', nameClaim: 'https://example.com/name' });
    const token = await sign({ realm_access: { roles: 'search' }, 'https://example.com/name': 'Ada' });
    expect(await check(token)).toEqual({
      person: { name: 'Ada', role: 'operator', knownBy: 'oidc', until: new Date('2026-06-01T13:00:30Z') },
    });
  });

  it.each<[string, JWTPayload, string]>([
    ['another issuer', { iss: 'https://evil.example' }, 'iss'],
    ['another audience', { aud: 'elsewhere' }, 'aud'],
    ['a time to come', { nbf: seconds('2026-06-01T12:05:00Z') }, 'nbf'],
    ['no end', { exp: undefined as unknown as number }, 'exp'],
    ['an end before now', { exp: seconds('2026-06-01T11:59:00Z') }, 'expired'],
    ['no name', { email: undefined }, 'email'],
    ['what is no name', { email: { toString: 'ada' } }, 'email'],
  ])('with %s lets nobody in', async (_, change, why) => {
    const found = await oidc()(await sign(change));
    expect(found).toMatchObject({ code: 'unauthorized', isForged: false, fault: expect.stringContaining(why) });
  });

  it('without a group that gives a role lets nobody in, and says so by name', async () => {
    expect(await oidc()(await sign({ groups: ['toString'] }))).toMatchObject({
      code: 'forbidden',
      fault: expect.stringContaining('ada@example.com'),
    });
  });

  it('is good for as long as the clocks may be apart', async () => {
    const token = await sign({ exp: seconds('2026-06-01T11:59:45Z') });
    expect(await oidc()(token)).toHaveProperty('person');
    expect(await oidc({ clockSkewSeconds: 0 })(token)).toHaveProperty('fault');
  });

  it.each<[string, () => Promise<string>]>([
    ['by another key', () => sign({}, strange)],
    ['by a key that is not known', () => sign({}, strange, { alg: 'RS256', kid: 'k9' })],
    ['by a signature that is not taken', () => sign({}, other, { alg: 'PS256', kid: 'k2' })],
    ['by a shared secret', () => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32, 'x'))],
    ['by nothing', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.x`],
  ])('that is signed %s is none of the provider', async (_, token) => {
    expect(await oidc()(await token())).toMatchObject({ isForged: true, code: 'unauthorized' });
  });

  it('is checked by keys that are asked for once', async () => {
    const check = oidc();
    const before = issuer.asked.length;
    for (let time = 0; time < 3; time++) await check(await sign());
    expect(issuer.asked.slice(before)).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('by a key that is new is good at once, however lately keys were fetched; after that unknown keys wait', async () => {
    const check = oidc();
    await check(await sign());
    const rotated = await generateKeyPair('RS256');
    await issuer.publish(
      { kid: 'k1', alg: 'RS256', keys },
      { kid: 'k2', alg: 'PS256', keys: other },
      { kid: 'k3', alg: 'RS256', keys: rotated },
    );
    expect(await check(await sign({}, rotated, { alg: 'RS256', kid: 'k3' }))).toHaveProperty('person');
    const before = issuer.asked.length;
    for (const kid of ['k7', 'k8', 'k9'])
      expect(await check(await sign({}, strange, { alg: 'RS256', kid }))).toMatchObject({ isForged: true });
    expect(issuer.asked.slice(before)).toEqual([]);
  });

  it('cannot be checked while the provider is away, and can be once it is back', async () => {
    const check = oidc();
    issuer.goAway(true);
    await expect(check(await sign())).rejects.toMatchObject({ code: 'identity-provider-unreachable' });
    issuer.goAway(false);
    expect(await check(await sign())).toHaveProperty('person');
  });
});
