import { z } from 'zod';
import { openAddress } from './address.ts';

/** What a person may do, from the least on: each may what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

/** Whether somebody of a role may do what wants another. */
export function mayDo(role: Role, wanted: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(wanted);
}

const personName = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Cf}]{1,100}$/u, 'wants 1 to 100 characters without control characters');

/** One token of a person or of a program. Those of one name are valid side by side, so that one can be replaced without a gap. */
export const namedTokenSchema = z.strictObject({
  name: personName.meta({ description: 'Whose it is: what logs, decisions and the audit trail say.' }),
  role: roleSchema.meta({ description: 'What whoever has it may do.' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'wants the 64 hex digits that `reembed token` prints')
    .meta({ description: 'The SHA-256 of the token, in hex: the token itself is nowhere but with its holder.' }),
  expires: z.iso
    .datetime({ offset: true, error: 'wants a moment such as 2027-03-01T00:00:00Z' })
    .nullable()
    .meta({ description: 'When it ends to be valid; null: never.' }),
});
export type NamedToken = z.infer<typeof namedTokenSchema>;

const roleMap = z.record(z.string().min(1), roleSchema);

/** Signatures by a key that the issuer alone has: one by a shared secret could be made by whoever checks it. */
export const signatureAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const oidcSchema = z.strictObject({
  issuer: openAddress('the issuer is an open address').meta({ description: 'Who signs: the `iss` of its tokens, to the letter.' }),
  audience: z.string().min(1).meta({ description: 'Whom they are for: what has to be in their `aud`.' }),
  jwksUri: openAddress('the keys are open to all')
    .nullable()
    .default(null)
    .meta({ description: "Where the issuer's keys are; null: where its `/.well-known/openid-configuration` says." }),
  algorithms: z.array(z.enum(signatureAlgorithms)).min(1).default(['RS256', 'ES256']).meta({ description: 'Signatures that are taken.' }),
  nameClaim: z.string().min(1).default('sub').meta({ description: 'The claim with the name of whoever acts, such as `email`.' }),
  roleClaim: z
    .string()
    .min(1)
    .default('groups')
    .meta({ description: 'The claim with groups or roles, a text or a list; dots lead into it: `realm_access.roles`.' }),
  roles: roleMap.meta({
    description: 'The role that a value of that claim gives; of several the highest counts, without one nobody gets in.',
  }),
  clockSkewSeconds: z.int().min(0).max(300).default(30).meta({ description: "How far the issuer's clock may be off, in seconds." }),
});

const proxySchema = z.strictObject({
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: 'wants an address or a range, such as 10.0.0.7 or 10.0.0.0/28' }))
    .min(1)
    .meta({ description: 'From where the proxy connects. Its headers are read from there alone.' }),
  nameHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'is not the name of a header')
    .nullable()
    .default(null)
    .meta({ description: 'The header with the name of whoever acts, such as `x-forwarded-user`; null: the proxy knows nobody.' }),
  roleHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'is not the name of a header')
    .default('x-forwarded-groups')
    .meta({ description: 'The header with groups or roles, separated by commas.' }),
  roles: roleMap.default({}).meta({ description: 'The role that a value of that header gives; of several the highest counts.' }),
});

/** The file that REEMBED_ACCESS names: who may do what. It holds no secret, only what secrets hash to. */
export const accessSchema = z.strictObject({
  tokens: z
    .array(namedTokenSchema)
    .max(10_000)
    .default([])
    .meta({ description: 'Tokens of people and programs; `reembed token` makes one.' }),
  oidc: oidcSchema.nullable().default(null).meta({ description: 'Bearer tokens of an identity provider (OpenID Connect).' }),
  proxy: proxySchema.nullable().default(null).meta({ description: 'A proxy before the coordinator that says who asks.' }),
});
export type Access = z.infer<typeof accessSchema>;
export type OidcAccess = z.infer<typeof oidcSchema>;
export type ProxyAccess = z.infer<typeof proxySchema>;
