import { readFile } from 'node:fs/promises';
import type { Issue } from '@reembed/contracts';
import { isReembedError, ReembedError } from '@reembed/core';
import { parse } from 'yaml';
import { z } from 'zod';
import { hooksConfigSchema } from './hook-config.ts';
import { findProvider, providers } from './providers.ts';
import { reachSchema } from './reach/allowed-hosts.ts';
import { findByName } from './records/built-in-models.ts';
import { modelEntrySchema } from './records/model-fields.ts';
import { textSourceConfigSchema } from './texts/text-service.ts';

/** An entry as its own provider reads it: a field of another provider is refused, so that nobody relies on what is not done. */
const entrySchema = z
  .looseObject({
    provider: z.enum(providers.map(({ kind }) => kind)).meta({ description: 'Who has the model, or whose interface its server speaks.' }),
  })
  .superRefine(({ provider, ...said }, issues) => {
    const { error } = findProvider(provider)?.entry.safeParse(said) ?? {};
    for (const issue of error?.issues ?? [])
      for (const { path, message } of issue.code === 'unrecognized_keys' ? issue.keys.map((key) => explainKey(provider, key)) : [issue])
        issues.addIssue({ code: 'custom', path: [...path], message });
    if (typeof said.is === 'string' && findByName(said.is) === undefined)
      issues.addIssue({ code: 'custom', path: ['is'], message: 'is no built-in model: see `reembed models`, or say its fields here' });
  })
  .pipe(modelEntrySchema);

function explainKey(provider: string, key: string) {
  const owners = providers.filter(({ entry }) => key in entry.shape).map(({ kind }) => kind);
  if (owners.length === 0) return { path: [], message: `has no field "${key}"` };
  return { path: [key], message: owners.length === 1 ? `is for the provider ${owners[0]} only` : `is not for the provider ${provider}` };
}

/** How a hook of `switch.freeze.url` knows that it is asked by this fleet; one without an entry is asked without a key. */
const freezeHookConfigSchema = textSourceConfigSchema.omit({ requestTimeoutMs: true }).extend({
  url: textSourceConfigSchema.shape.url.meta({ description: 'The address of the hook, as specs write it.' }),
  apiKeyEnv: textSourceConfigSchema.shape.apiKeyEnv.meta({
    description: 'The name of the environment variable that holds the key; null: the hook wants none.',
  }),
  signWithEnv: z.string().nullable().default(null).meta({
    description:
      'The name of the environment variable with the secret, in base64, that requests are signed with, as Standard Webhooks have it; null: they are not.',
  }),
});
export type FreezeHookConfig = z.infer<typeof freezeHookConfigSchema>;

/** reembed.config.yaml. Secrets never stand in it, only the names of the environment variables that hold them. */
export const reembedConfigSchema = z.strictObject({
  models: z
    .record(z.string(), entrySchema)
    .default({})
    .meta({ description: 'Models by the names that specs use, such as `tei/bge-m3`: other ones, or built-in ones as they are here.' }),
  inference: z
    .strictObject({
      headers: z
        .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is no name of a header'), z.string())
        .default({})
        .meta({
          description: 'Headers for Qdrant, by name, such as `openai-api-key`: the name of the environment variable with the value.',
        }),
    })
    .optional()
    .meta({ description: 'What goes to Qdrant with documents that it embeds, and with nothing else.' }),
  textSources: z
    .array(textSourceConfigSchema)
    .optional()
    .meta({ description: 'How services are asked that specs name as `source.textFrom.url`.' }),
  freezeHooks: z
    .array(freezeHookConfigSchema)
    .optional()
    .meta({ description: 'How coordinators ask the hooks that specs name as `switch.freeze.url`.' }),
  hooks: hooksConfigSchema.optional().meta({ description: 'Who is told what happens to migrations, and who has to agree before an act.' }),
  reach: reachSchema
    .optional()
    .meta({ description: 'What specs may have workers and coordinators ask; nothing that is not named here or above.' }),
});
export type ReembedConfig = z.infer<typeof reembedConfigSchema>;

const defaultPath = './reembed.config.yaml';

/**
 * Reads reembed.config.yaml. Without a path the file in the working directory is read where there is one; a path that is given must
 * exist. Throws `invalid-config`, naming file, field and value.
 */
export async function loadReembedConfig(path?: string | undefined): Promise<ReembedConfig> {
  const file = path ?? defaultPath;
  const text = await readConfigFile(file, path !== undefined);
  return text === null ? { models: {} } : parseReembedConfig(text, file);
}

/** The text of a config file, checked; `file` is for the messages. */
export function parseReembedConfig(text: string, file: string): ReembedConfig {
  const document = parseYaml(text, file) ?? {};
  const checked = reembedConfigSchema.safeParse(document);
  const issues = checked.success ? findSecrets(checked.data) : describeIssues(document, checked.error.issues);
  if (checked.success && issues.length === 0) return checked.data;
  const list = issues.map(({ field, message }) => `${field || 'the file'}: ${message}`).join('; ');
  throw new ReembedError('invalid-config', `${file} is malformed: ${list}`, { issues });
}

function describeIssues(document: unknown, found: readonly { path: readonly PropertyKey[]; message: string }[]): Issue[] {
  return found.map(({ path, message }) => {
    const value = show(valueAt(document, path), String(path.at(-1)));
    return { field: path.map(String).join('.'), value, message: `${message}, found ${value}` };
  });
}

/** Keys stand in the environment; here they would end in repositories and in messages. */
function findSecrets({ models, inference, textSources = [], freezeHooks = [], hooks = [] }: ReembedConfig): Issue[] {
  const headers = Object.entries(inference?.headers ?? {});
  return [
    ...headers.flatMap(([header, variable]) => variableIssues(`inference.headers.${header}`, variable)),
    ...Object.entries(models).flatMap(([model, { apiKeyEnv }]) => variableIssues(`models.${model}.apiKeyEnv`, apiKeyEnv)),
    ...Object.entries(models).flatMap(([model, { headers = {} }]) =>
      Object.entries(headers).flatMap(([header, variable]) => variableIssues(`models.${model}.headers.${header}`, variable)),
    ),
    ...Object.entries(models).flatMap(([model, { query = {} }]) => secretParameters(`models.${model}.query`, query)),
    ...textSources.flatMap(({ apiKeyEnv }, at) => variableIssues(`textSources.${at}.apiKeyEnv`, apiKeyEnv)),
    ...freezeHooks.flatMap(({ apiKeyEnv, signWithEnv }, at) => [
      ...variableIssues(`freezeHooks.${at}.apiKeyEnv`, apiKeyEnv),
      ...variableIssues(`freezeHooks.${at}.signWithEnv`, signWithEnv),
    ]),
    ...hooks.flatMap(({ apiKeyEnv, signWithEnv }, at) => [
      ...variableIssues(`hooks.${at}.apiKeyEnv`, apiKeyEnv),
      ...variableIssues(`hooks.${at}.signWithEnv`, signWithEnv),
    ]),
  ];
}

function variableIssues(field: string, variable: string | null | undefined): Issue[] {
  if (!variable || /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) return [];
  const message = 'this is no name of an environment variable; write the name, such as OPENAI_API_KEY, and keep the key in the environment';
  return [{ field, value: hidden(variable), message }];
}

function secretParameters(field: string, query: Readonly<Record<string, string>>): Issue[] {
  return Object.entries(query)
    .filter(([name]) => /key|token|secret|sig/i.test(name))
    .map(([name, value]) => ({
      field: `${field}.${name}`,
      value: hidden(value),
      message: 'a key does not stand in an address: name its environment variable under headers, or as apiKeyEnv',
    }));
}

async function readConfigFile(file: string, wanted: boolean): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (absent && !wanted) return null;
    throw new ReembedError('invalid-config', `${file} ${absent ? 'does not exist' : 'cannot be read'}; check the path`, { cause });
  }
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (isReembedError(cause)) throw cause;
    const what = cause instanceof Error ? cause.message.split('\n')[0] : 'it cannot be parsed';
    throw new ReembedError('invalid-config', `${file} is no YAML: ${what}`);
  }
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], document);
}

/** Short, and never a whole subtree: somebody may have written a key where its variable's name belongs. */
function show(value: unknown, field: string): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value.length > 40 || /key|url/i.test(field) ? hidden(value) : JSON.stringify(value);
  return Array.isArray(value) ? 'a list' : `the fields ${Object.keys(value).join(', ') || '(none)'}`;
}

function hidden(text: string): string {
  return `a text of ${text.length} characters`;
}
