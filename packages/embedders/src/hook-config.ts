import { hookEvents } from '@reembed/contracts';
import { z } from 'zod';
import { textSourceConfigSchema } from './texts/text-service.ts';

/** Acts that a hook may be asked before. */
const acts = ['switching', 'rolling-back', 'completing'] as const;

/** Who is told what happens to migrations, or has to agree before an act: a webhook or a command of this process, never of a spec. */
export const hookConfigSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9-]{1,50}$/, 'wants small letters, digits and -, 50 at most')
      .meta({ description: 'What the log of deliveries calls it; each has its own.' }),
    on: z
      .array(z.enum(hookEvents).exclude(['before']))
      .default([])
      .meta({
        description:
          'What it is told of: every `phase`, or those that are `ready`, `switched` or `failed`; `waiting` that lasts, points `set-aside`, `cost`.',
      }),
    before: z
      .array(z.enum(acts))
      .default([])
      .meta({ description: 'Acts that it has to agree to before they begin: where it fails, nothing is done and the migration stops.' }),
    url: textSourceConfigSchema.shape.url.optional().meta({ description: 'A webhook: where messages are posted to, as JSON.' }),
    apiKeyEnv: textSourceConfigSchema.shape.apiKeyEnv,
    header: textSourceConfigSchema.shape.header,
    signWithEnv: z.string().nullable().default(null).meta({
      description:
        'The name of the environment variable with the secret, in base64, that requests are signed with, as Standard Webhooks have it; null: they are not.',
    }),
    command: z.array(z.string()).min(1).optional().meta({
      description:
        'A program with its arguments, run without a shell; it reads the message from its standard input, and agrees by exit code 0.',
    }),
    passEnv: z.array(z.string()).default([]).meta({
      description: 'Variables that the command gets from this process, beside PATH and HOME: keys are not handed on by themselves.',
    }),
    timeoutMs: z.int().min(100).max(600_000).default(10_000).meta({ description: 'How long one attempt may take, in ms.' }),
    waitingMinutes: z
      .number()
      .min(0)
      .default(5)
      .meta({ description: 'How long a migration has to wait before `waiting` is told, in minutes.' }),
    setAsideAbove: z.int().min(0).default(0).meta({ description: 'How many points have to be set aside before `set-aside` is told.' }),
    costAboveUsd: z
      .number()
      .min(0)
      .optional()
      .meta({ description: 'What a migration has to have cost before `cost` is told, in US dollars.' }),
  })
  .superRefine(({ url, command, on, before, costAboveUsd }, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((url === undefined) === (command === undefined)) fault('url', 'a hook has either a url or a command');
    if (on.length + before.length === 0) fault('on', 'a hook is told of something, or asked before something');
    if (on.includes('cost') && costAboveUsd === undefined) fault('costAboveUsd', 'is wanted by cost');
  });
export type HookConfig = z.infer<typeof hookConfigSchema>;

/** Hooks, each by a name of its own: the log of deliveries goes by it. */
export const hooksConfigSchema = z.array(hookConfigSchema).superRefine((hooks, context) => {
  const names = hooks.map(({ name }) => name);
  const again = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (again !== -1) context.addIssue({ code: 'custom', path: [again, 'name'], message: 'another hook has this name' });
});
