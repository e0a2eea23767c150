import { redactSetting, type SettingMeta, settingsFromEnv, settingsOf } from '@reembed/contracts';
import { inWords, ReembedError } from '@reembed/core';
import type { z } from 'zod';

/** Settings from the environment with explicit values (flags) on top, frozen. Throws `invalid-config` naming variable, value and rule. */
export function loadSettings<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>> = {},
): Readonly<z.output<Schema>> {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse({ ...settingsFromEnv(schema, env), ...given });
  if (parsed.success) return Object.freeze(parsed.data);
  const metas = new Map(settingsOf(schema).map(({ field, meta }) => [field, meta]));
  const issues = parsed.error.issues.map(({ path, message }) =>
    describe(String(path[0] ?? ''), metas, message, { ...settingsFromEnv(schema, env), ...given }),
  );
  throw new ReembedError('invalid-config', inWords('a setting is not valid', issues), { issues });
}

function describe(field: string, metas: ReadonlyMap<string, SettingMeta>, message: string, given: Readonly<Record<string, unknown>>) {
  const meta = metas.get(field);
  const value = redactSetting(meta, given[field], '(secret)');
  return { field: meta?.env ?? field, value, message: `${message}. ${meta?.description ?? ''}` };
}
