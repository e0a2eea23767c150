/**
 * What this process was told in confidence: keys, tokens, passwords. A server, or a proxy before it, may say a header back in an error; whatever is
 * quoted or logged goes through `hideSecrets`, which knows each of them in the spellings that an answer may have.
 */
const known = new Set<string>();

/** Shorter ones are parts of ordinary words, and protect nothing. */
const shortest = 6;

/** From now on it is shown nowhere. */
export function keepSecret(secret: string | null | undefined): void {
  const value = secret?.trim() ?? '';
  if (value.length < shortest) return;
  const json = JSON.stringify(value).slice(1, -1);
  for (const spelled of [value, json, encodeURIComponent(value), Buffer.from(value).toString('base64')]) known.add(spelled);
}

/** The user, the password and the parameters of an address, alone and as the header that sends them. What is no address holds none. */
export function keepSecretsOf(address: string): void {
  if (!URL.canParse(address)) return;
  const { username, password, searchParams } = new URL(address);
  const [user, word] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (word !== '') keepSecret(`${user}:${word}`);
  for (const secret of [word, ...searchParams.values()]) keepSecret(secret);
}

/** A text with every secret that is known taken out, the longest first. */
export function hideSecrets(text: string): string {
  let shown = text;
  for (const secret of [...known].sort((a, b) => b.length - a.length)) shown = shown.replaceAll(secret, '(secret)');
  return shown;
}
