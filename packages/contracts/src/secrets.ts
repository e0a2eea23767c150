import { decoded, keyFault } from './address.ts';

/**
 * What this process was told in confidence: keys, tokens, passwords. A server, or a proxy before it, may say a header back in an error; whatever is
 * quoted or logged goes through `hideSecrets`, which knows each of them in the spellings that an answer may have.
 */
let known: readonly string[] = [];

/** Shorter ones are parts of ordinary words, and protect nothing. */
const shortest = 6;

/** From now on it is shown nowhere. */
export function keepSecret(secret: string | null | undefined): void {
  const value = secret?.trim() ?? '';
  if (value.length < shortest || known.includes(value)) return;
  const json = JSON.stringify(value).slice(1, -1);
  const spelled = [value, json, encodeURIComponent(value), Buffer.from(value).toString('base64')];
  // The longest first, so that nothing is left of one that holds another.
  known = [...new Set([...known, ...spelled])].sort((a, b) => b.length - a.length);
}

/** The key or token in a variable of the environment, kept from now on; `fault`: what is wrong with it, in words. Null: there is none. */
export function readSecret(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): { readonly secret: string | null; readonly fault: string | null } {
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
