import { z } from 'zod';

const secretName = /(key|token|secret|signature|sig|password|passwd|pwd|auth|authorization|cookie|credentials?)$/i;

/** Whether a parameter, an option or a header is called as what holds a secret is. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** What services give out as keys: by how it begins, as JSON Web Tokens, or long and of letters and digits as chance has them. */
const givenOut = /^(sk|pk|rk|gh[opsu]|glpat|github_pat|xox[abps]|hf|AKIA|ASIA|AIza|eyJ)[A-Za-z0-9_-]{12,}/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a value has the shape of a key or a token. An id of a tenant, a UUID and words are none. */
export function isSecretShaped(value: string): boolean {
  if (givenOut.test(value)) return true;
  if (uuid.test(value) || !/^[A-Za-z0-9+/_=.~-]+$/.test(value)) return false;
  const pieces = value.split(/[-_.]/).filter((piece) => piece.length >= 20);
  return pieces.some((piece) => /\d/.test(piece) && /[A-Za-z]/.test(piece) && new Set(piece).size >= 8);
}

/** Whether an address carries a user, a password, or a parameter that is called like a secret or looks like one. What is no address carries none. */
export function holdsSecret(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password, searchParams } = new URL(address);
  return `${username}${password}` !== '' || [...searchParams].some(([name, value]) => isSecretName(name) || isSecretShaped(value));
}

/** An address as messages, logs and settings may show it: without user, password, parameters and fragment. Also of what is no address whole. */
export function withoutSecrets(address: string): string {
  const understood = URL.canParse(address) && new URL(address).host !== '';
  const user = understood ? /^([a-z][a-z0-9+.-]*:)([/\\]*)[^/\\?#]*@/i : /^([a-z][a-z0-9+.-]*:(?=[/\\]))?([/\\]*).*@/is;
  return address.replace(user, '$1$2…@').replace(/([?#]).+$/s, '$1…');
}

/** An address that is called, and kept or shown where others read it: one with secrets is refused. `instead` says where they go. */
export function openAddress(instead: string): z.ZodType<string, string> {
  return z
    .url({ protocol: /^https?$/, error: 'wants an address that begins with http:// or https://' })
    .refine((address) => !holdsSecret(address), `must not hold a user, a password or a key: ${instead}`);
}

/** What is wrong with a key that has to go into a header, in words; null: nothing. */
export function keyFault(key: string): string | null {
  return /^[\x20-\x7e]*$/.test(key)
    ? null
    : 'holds a character that no header can carry (a letter beyond ASCII, a line break in the middle): copy the key anew';
}

/** A key from the environment, without the line end that files and pastes leave behind it. */
export const keySchema = z
  .string()
  .trim()
  .superRefine((key, context) => {
    const fault = keyFault(key);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

/** The address of a server that is asked by `schemes`, the first where only host and port are written: `localhost:6333` is `http://localhost:6333`. */
export function serverAddress(schemes: readonly [string, ...string[]], example: string): z.ZodType<string, string> {
  const [usual] = schemes;
  const wanted = new RegExp(`^(${schemes.join('|')}):$`);
  return z
    .string()
    .trim()
    .transform((text) => (/^[^/?#@\s]+:\d+(?:\/|$)/.test(text) ? `${usual}://${text}` : text))
    .superRefine((address, context) => {
      const { protocol, host } = URL.canParse(address) ? new URL(address) : { protocol: '', host: '' };
      if (wanted.test(protocol) && (host !== '' || protocol === 'unix:')) return;
      context.addIssue({
        code: 'custom',
        message: /^grpcs?:$/.test(protocol)
          ? `wants an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}, such as ${example}`
          : `wants an address such as ${example}`,
      });
    });
}

/** The user and password of an address as the header that sends them, and the address without them. */
export function openCredentials(address: string): { readonly address: string; readonly headers: { readonly authorization?: string } } {
  const url = new URL(address);
  const { username, password } = url;
  if (`${username}${password}` === '') return { address, headers: {} };
  // By hand: URL would take away a port that is its scheme's default.
  const open = address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
  const words = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { address: open, headers: { authorization: `Basic ${words}` } };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** A part of an address; as it is where a % begins no character: somebody wrote a password down without spelling it for an address. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
