import { z } from 'zod';

const secretName = /(key|token|secret|signature|sig|password|passwd|pwd|auth|credentials?)$/i;

/** Whether a parameter, an option or a header is called as what holds a secret is. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Whether an address carries a user, a password, or a parameter that is called like a secret. What is no address carries none. */
export function holdsSecret(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password, searchParams } = new URL(address);
  return `${username}${password}` !== '' || [...searchParams.keys()].some(isSecretName);
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
