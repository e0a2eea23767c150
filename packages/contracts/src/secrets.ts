import { decoded, isLoopback, isSecretName, keyFault } from './address.ts';

/**
 * What this process was told in confidence: keys, tokens, passwords. A server, or a proxy before it, may say a header back in an error; whatever is
 * quoted or logged goes through `hideSecrets`, which knows each of them in the spellings that an answer may have.
 */
let known: readonly string[] = [];

/** Shorter ones are parts of ordinary words: they cannot be taken out of what is quoted, so that they are refused unless they stay on this machine. */
const shortest = 6;

/** From now on it is shown nowhere. */
export function keepSecret(secret: string | null | undefined): void {
  const value = secret?.trim() ?? '';
  if (value.length < shortest || known.includes(value)) return;
  const json = JSON.stringify(value).slice(1, -1);
  const spelled = [value, json, encodeURIComponent(value), Buffer.from(value).toString('base64')];
  keepSpellings(spelled);
}

/** What is known, in all spellings: for a process that this one starts. */
export function knownSecrets(): readonly string[] {
  return known;
}

/** Knows besides what the process knew that started this one. */
export function keepSpellings(spelled: readonly string[]): void {
  // The longest first, so that nothing is left of one that holds another.
  known = [...new Set([...known, ...spelled])].sort((a, b) => b.length - a.length);
}

/** What is wrong with a secret that is sent to an address (null: to whom is not known), in words; null: nothing. */
export function shortFault(secret: string, sentTo: string | null): string | null {
  if (secret.length >= shortest || (sentTo !== null && staysHere(sentTo))) return null;
  return `has fewer than ${shortest} characters, and could not be taken out of what is logged and quoted: have a longer one made, or leave it out where none is wanted`;
}

function staysHere(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'unix:' || isLoopback(hostname);
}

/** What is wrong with the password, or with a parameter that is called like a secret, of an address; null: nothing. */
export function shortFaultOfAddress(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { password, searchParams } = new URL(address);
  const secrets = [decoded(password), ...[...searchParams].flatMap(([name, value]) => (isSecretName(name) ? value : []))];
  const [fault] = secrets.flatMap((secret) => (secret === '' ? [] : (shortFault(secret, address) ?? [])));
  return fault === undefined ? null : `holds a secret that ${fault}`;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What a variable holds, kept from now on; `fault`: what is wrong with it, in words. Null: it is not set. */
export type ReadSecret = { readonly secret: string | null; readonly fault: string | null };

/** The key or token in a variable of the environment. `sentTo`: the address that it is for; null: not known. */
export function readSecret(env: Env, variable: string, sentTo: string | null): ReadSecret {
  const { secret, fault } = readWord(env, variable);
  return { secret, fault: secret === null ? null : (fault ?? shortFault(secret, sentTo)) };
}

/** What a header is to carry, from a variable of the environment: a secret, or the name of a tenant, which may be short. */
export function readHeader(env: Env, header: string, variable: string, sentTo: string | null): ReadSecret {
  return isSecretName(header) ? readSecret(env, variable, sentTo) : readWord(env, variable);
}

function readWord(env: Env, variable: string): ReadSecret {
  // `export KEY=$(cat file)` with a stray line end would otherwise make a header that fetch refuses, quoting it.
  const secret = env[variable]?.trim() || null;
  keepSecret(secret);
  return { secret, fault: secret === null ? null : keyFault(secret) };
}

/** The user, the password and the parameters of an address, alone and as the header that sends them. What is no address holds none. */
export function keepSecretsOf(address: string): void {
  if (!URL.canParse(address)) return;
  const { username, password, searchParams } = new URL(address);
  const [user, word] = [decoded(username), decoded(password)];
  if (word !== '') keepSecret(`${user}:${word}`);
  for (const secret of [word, ...searchParams.values()]) keepSecret(secret);
}

/** A text with every secret that is known taken out. */
export function hideSecrets(text: string): string {
  let shown = text;
  for (const secret of known) shown = shown.replaceAll(secret, '(secret)');
  return shown;
}
