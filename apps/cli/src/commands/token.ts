import { createHash, randomBytes } from 'node:crypto';
import { accessSchema, type NamedToken, namedTokenSchema, roleSchema } from '@reembed/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import type { Cli } from '../terminal/host.ts';
import { positiveInteger } from './options.ts';

type TokenOptions = { readonly role: NamedToken['role']; readonly days: number; readonly forever?: true };

const dayMs = 86_400_000;

export function defineToken(command: Command, cli: Cli): void {
  command
    .description(
      'Makes a token for a person or a program, with a role: viewers look, operators move migrations, admins also do what cannot be\n' +
        'taken back. It is shown this once. What is printed beside it goes into the file that REEMBED_ACCESS names, and counts once the\n' +
        'coordinators have been started anew. Nothing is asked or written.',
    )
    .argument('<name>', 'whose it is, which logs and decisions say', name)
    .addOption(new Option('--role <role>', 'what it allows').choices(roleSchema.options).default('viewer'))
    .option('--days <n>', 'how long it is valid', positiveInteger, 90)
    .option('--forever', 'it is valid until it is taken out of the file')
    .action((given: string, options: TokenOptions) => {
      const token = `reembed_${randomBytes(32).toString('base64url')}`;
      const entry = entryOf(given, token, options);
      cli.result({ token, entry }, () => inWords(token, entry));
    });
}

function name(text: string): string {
  const read = namedTokenSchema.shape.name.safeParse(text);
  if (!read.success) throw new InvalidArgumentError(read.error.issues.map(({ message }) => message).join('; '));
  return read.data;
}

function entryOf(given: string, token: string, { role, days, forever }: TokenOptions): NamedToken {
  const expires = forever ? null : new Date(Date.now() + days * dayMs).toISOString();
  return { name: given, role, sha256: createHash('sha256').update(token).digest('hex'), expires };
}

function inWords(token: string, entry: NamedToken): string {
  const until = entry.expires === null ? 'for as long as it stands in the file' : `until ${entry.expires}`;
  const file = stringify({ tokens: accessSchema.shape.tokens.parse([entry]) });
  return `The token of ${entry.name} (${entry.role}), valid ${until}, shown this once:\n\n${token}\n\nInto the file that REEMBED_ACCESS names:\n\n${file}`;
}
