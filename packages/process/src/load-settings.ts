import {
  keepSecret,
  keepSecretsOf,
  redactSetting,
  type SettingMeta,
  settingsFromEnv,
  settingsOf,
  shortFault,
  shortFaultOfAddress,
} from '@reembed/contracts';
import { inWords, ReembedError } from '@reembed/core';
import type { z } from 'zod';

/** Settings from the environment with explicit values (flags) on top, frozen. Throws `invalid-config` naming variable, value and rule. */
export function loadSettings<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>> = {},
): Readonly<z.output<Schema>> {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const said = { ...settingsFromEnv(schema, env), ...given };
  keepAllSecret(schema, said);
  const parsed = schema.safeParse(said);
  const short = parsed.success ? shortSecrets(schema, parsed.data) : [];
  if (parsed.success && short.length === 0) return Object.freeze(parsed.data);
  const metas = new Map(settingsOf(schema).map(({ field, meta }) => [field, meta]));
  const found = parsed.error?.issues.map(({ path, message }) => ({ field: String(path[0] ?? ''), message })) ?? short;
  const issues = found.map(({ field, message }) => describe(field, metas, message, said));
  throw new ReembedError('invalid-config', inWords('a setting is not valid', issues), { issues });
}

/** Keys, tokens and passwords that are too short to be kept out of what is logged. */
function shortSecrets(schema: z.ZodObject, settings: Readonly<Record<string, unknown>>): { field: string; message: string }[] {
  return settingsOf(schema).flatMap(({ field, meta: { secret, sentTo } }) => {
    const value = settings[field];
    if (typeof value !== 'string') return [];
    const address = sentTo === undefined ? null : settings[sentTo];
    const isKey = secret === true && !value.includes('://');
    const fault = isKey ? shortFault(value, typeof address === 'string' ? address : null) : shortFaultOfAddress(value);
    return fault === null ? [] : [{ field, message: fault }];
  });
}

/** Keys and tokens, and what addresses hold. */
function keepAllSecret(schema: z.ZodObject, said: Readonly<Record<string, unknown>>): void {
  for (const { field, meta } of settingsOf(schema)) {
    const value = said[field];
    if (typeof value !== 'string') continue;
    keepSecretsOf(value);
    if (meta.secret && !value.includes('://')) keepSecret(value);
  }
}

function describe(field: string, metas: ReadonlyMap<string, SettingMeta>, message: string, given: Readonly<Record<string, unknown>>) {
  const meta = metas.get(field);
  const value = redactSetting(meta, given[field], '(secret)');
  return { field: meta?.env ?? field, value, message: `${message}. ${meta?.description ?? ''}` };
}
