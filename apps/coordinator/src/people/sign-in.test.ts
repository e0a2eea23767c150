import { createHash } from 'node:crypto';
import { accessSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { fixedAccess } from './access-source.ts';
import { createSignIn } from './sign-in.ts';

const token = 'correct horse battery staple';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const now = () => new Date('2026-06-01T00:00:00Z');
const ask = (headers: Record<string, string>, remoteAddress = '192.0.2.1', hostname = 'reembed.example') =>
  ({ headers, hostname, socket: { remoteAddress } }) as unknown as Parameters<ReturnType<typeof createSignIn>>[0];

describe('the one token', () => {
  const signIn = createSignIn({ token, access: fixedAccess(null), now });
  it.each([
    ['a bearer token', `Bearer ${token}`],
    ['a bearer token in small letters', `bearer ${token}`],
    ['basic with any user', basic(`anyone:${token}`)],
    ['basic without a user', basic(`:${token}`)],
  ])('makes an admin of whoever sends it as %s, and of nobody anybody by name', async (_, authorization) => {
    const person = { name: 'whoever has REEMBED_TOKEN', role: 'admin', knownBy: 'shared-token', until: null };
    expect(await signIn(ask({ authorization }))).toEqual({ person });
  });

  it.each([
    ['another token', 'Bearer another'],
    ['the token alone', token],
    ['half a token', `Bearer ${token.slice(0, -1)}`],
    ['the token as the user', basic(`${token}:`)],
    ['basic with another password', basic('anyone:x')],
    ['rubbish', 'Basic %%%'],
  ])('is not %s, which counts as an attempt', async (_, authorization) => {
    expect(await signIn(ask({ authorization }))).toMatchObject({ code: 'unauthorized', isAttempt: true });
  });

  it('is wanted of whoever sends nothing, which is no attempt', async () => {
    expect(await signIn(ask({}))).toMatchObject({ code: 'unauthorized', isAttempt: false });
  });

  it('may have a colon', async () => {
    expect(
      await createSignIn({ token: 'a:b:c', access: fixedAccess(null), now })(ask({ authorization: basic('me:a:b:c') })),
    ).toHaveProperty('person');
  });
});

describe('without a token', () => {
  it.each([
    ['127.0.0.1', true],
    ['localhost', true],
    ['[::1]', true],
    ['::1', true],
    ['evil.example', false],
  ])('the name %s is let in as an admin: %s', async (hostname, isIn) => {
    const found = await createSignIn({ token: undefined, access: fixedAccess(null), now })(
      ask({ 'reembed-by': 'ada' }, '127.0.0.1', hostname),
    );
    if (isIn) expect(found).toEqual({ person: { name: 'ada', role: 'admin', knownBy: 'loopback', until: null } });
    else expect(found).toMatchObject({ code: 'forbidden' });
  });

  it('nobody is let in by loopback alone where people are known', async () => {
    const access = accessSchema.parse({ tokens: [] });
    expect(await createSignIn({ token: undefined, access: fixedAccess(access), now })(ask({}, '127.0.0.1', '127.0.0.1'))).toMatchObject({
      code: 'unauthorized',
    });
  });
});

describe('tokens with names', () => {
  it.each(['Bearer ', 'Basic Og==', 'Digest x'])(
    'are not nothing, whose hash may stand in the file: %j lets nobody in',
    async (authorization) => {
      const nothing = accessSchema.parse({ tokens: [{ name: 'ada', role: 'admin', sha256: sha256(''), expires: null }] });
      const found = await createSignIn({ token: undefined, access: fixedAccess(nothing), now })(ask({ authorization }));
      expect(found).toMatchObject({ code: 'unauthorized', isAttempt: true });
    },
  );

  const access = accessSchema.parse({
    tokens: [
      { name: 'ada', role: 'operator', sha256: sha256('the first of ada'), expires: '2026-06-02T00:00:00Z' },
      { name: 'ada', role: 'operator', sha256: sha256('the second of ada'), expires: null },
      { name: 'ci', role: 'viewer', sha256: sha256('of ci'), expires: '2026-05-31T23:59:59+00:00' },
    ],
  });
  const signIn = createSignIn({ token, access: fixedAccess(access), now });

  it('are several at once, also of one person, beside the one token', async () => {
    const ada = (until: Date | null) => ({ person: { name: 'ada', role: 'operator', knownBy: 'token', until } });
    const first = await signIn(ask({ authorization: 'Bearer the first of ada' }));
    expect(first).toEqual(ada(new Date('2026-06-02T00:00:00Z')));
    expect(await signIn(ask({ authorization: basic('whoever:the second of ada') }))).toEqual(ada(null));
    expect(await signIn(ask({ authorization: `Bearer ${token}` }))).toMatchObject({ person: { role: 'admin' } });
  });

  it('give the name that is written beside them, whatever the caller calls itself', async () => {
    const found = await signIn(ask({ authorization: 'Bearer the second of ada', 'reembed-by': 'grace' }));
    expect(found).toMatchObject({ person: { name: 'ada' } });
  });

  it('end, and say so to whoever has them: that is no attempt', async () => {
    const found = await signIn(ask({ authorization: 'Bearer of ci' }));
    expect(found).toMatchObject({
      code: 'unauthorized',
      isAttempt: false,
      fault: expect.stringContaining('the token of ci was valid until'),
    });
  });

  it('are not what they hash to', async () => {
    expect(await signIn(ask({ authorization: `Bearer ${sha256('the second of ada')}` }))).toMatchObject({ isAttempt: true });
  });
});

describe('a proxy that knows people', () => {
  const access = accessSchema.parse({
    proxy: {
      addresses: ['10.1.0.0/28', '2001:db8::7'],
      nameHeader: 'X-Forwarded-User',
      roleHeader: 'x-forwarded-groups',
      roles: { staff: 'viewer', search: 'operator' },
    },
  });
  const signIn = createSignIn({ token, access: fixedAccess(access), now });
  const headers = { 'x-forwarded-user': 'grace', 'x-forwarded-groups': 'staff, search' };

  it.each(['10.1.0.7', '::ffff:10.1.0.7', '2001:db8::7'])('is believed from %s, with the highest role of the groups', async (address) => {
    expect(await signIn(ask(headers, address))).toEqual({ person: { name: 'grace', role: 'operator', knownBy: 'proxy', until: null } });
  });

  it.each(['10.1.0.16', '127.0.0.1', '2001:db8::8'])("is not believed from %s: its headers are anybody's", async (address) => {
    expect(await signIn(ask(headers, address))).toMatchObject({ code: 'unauthorized' });
  });

  it('lets nobody in whose groups give no role', async () => {
    const found = await signIn(ask({ ...headers, 'x-forwarded-groups': 'constructor,hr' }, '10.1.0.7'));
    expect(found).toMatchObject({ code: 'forbidden', fault: expect.stringContaining('grace has no role') });
  });
});
