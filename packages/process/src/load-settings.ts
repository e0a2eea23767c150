import { keepSecret, keepSecretsOf, redactSetting, type SettingMeta, settingsFromEnv, settingsOf } from '@reembed/contracts';
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
  if (parsed.success) return Object.freeze(parsed.data);
  const metas = new Map(settingsOf(schema).map(({ field, meta }) => [field, meta]));
  const issues = parsed.error.issues.map(({ path, message }) => describe(String(path[0] ?? ''), metas, message, said));
  throw new ReembedError('invalid-config', inWords('a setting is not valid', issues), { issues });
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
