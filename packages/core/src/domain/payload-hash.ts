import { createHash } from 'node:crypto';

/** SHA-256 of a payload's text, in hexadecimal: tells whether a payload has changed since it was looked at. */
export function payloadHash(payload: string): string {
  return createHash('sha256').update(payload).digest('hex');
}
