import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { keepSecret, payloadKeysOf } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';

/**
 * Keeps texts, and vectors that texts could be guessed from, unreadable in Redis: AES-256-GCM under a key that only processes of the fleet have. What was sealed
 * for one place opens at no other.
 */
export type Seal = {
  /** Whether there is a key; without one, texts stay as they are. */
  readonly isSealing: boolean;
  seal(text: string, place: string): string;
  /** What is not sealed is answered as it is. Throws `payload-unreadable`. */
  open(stored: string, place: string): string;
  /** The same for bytes: without a key they stay as they are. */
  sealBytes(bytes: Buffer, place: string): Buffer;
  /** Null: they are not sealed by a key of here, though there is one. */
  openBytes(stored: Buffer, place: string): Buffer | null;
};

/** `sealed.1.<key id>.<iv, text and tag, in base64>`; the id is the beginning of the SHA-256 of the key. */
const form = /^sealed\.1\.([0-9a-f]{8})\.([A-Za-z0-9+/=]+)$/;

const ivBytes = 12;
const tagBytes = 16;

/** `setting`: REEMBED_PAYLOAD_KEY. Its first key seals, and each of them opens. */
export function createSeal(setting: string | undefined): Seal {
  const keys = payloadKeysOf(setting ?? '').map((base64) => {
    keepSecret(base64);
    const key = Buffer.from(base64, 'base64');
    return { key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) };
  });
  const [first] = keys;
  return {
    isSealing: first !== undefined,
    seal: (text, place) =>
      first === undefined ? text : `sealed.1.${first.id}.${encrypt(first.key, Buffer.from(text), place).toString('base64')}`,
    open(stored, place) {
      if (!stored.startsWith('sealed.')) return stored;
      const [, id = '', sealed = ''] = form.exec(stored) ?? [];
      const found = keys.find((one) => one.id === id);
      if (found === undefined)
        throw unreadable(id === '' ? 'in a form that this version does not know' : `by the key ${id}, which is not here`);
      const text = decrypt(found.key, Buffer.from(sealed, 'base64'), place);
      if (text === null) throw unreadable(`by the key ${id}, and not as it was written: somebody has changed or moved it`);
      return text.toString('utf8');
    },
    sealBytes: (bytes, place) => (first === undefined ? bytes : encrypt(first.key, bytes, place)),
    openBytes(stored, place) {
      if (first === undefined) return stored;
      for (const { key } of keys) {
        const bytes = decrypt(key, stored, place);
        if (bytes !== null) return bytes;
      }
      return null;
    },
  };
}

/** Where texts stay as they are. */
export const noSeal = createSeal(undefined);

function encrypt(key: Buffer, bytes: Buffer, place: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, place: string): Buffer | null {
  if (sealed.length < ivBytes + tagBytes) return null;
  const [iv, bytes, tag] = [sealed.subarray(0, ivBytes), sealed.subarray(ivBytes, -tagBytes), sealed.subarray(-tagBytes)];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(place)).setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    return null;
  }
}

function unreadable(how: string): ReembedError {
  const message = `what Redis has is sealed ${how}: REEMBED_PAYLOAD_KEY has to name the same keys for every coordinator and worker`;
  return new ReembedError('payload-unreadable', message);
}
