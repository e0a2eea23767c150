import { z } from 'zod';

/** The keys of REEMBED_PAYLOAD_KEY, in base64; none of what is empty. */
export function payloadKeysOf(setting: string): string[] {
  return setting
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

const keyBytes = 32;

/** One key of 32 bytes, or several separated by commas. */
export const payloadKeySchema = z.string().superRefine((setting, context) => {
  const keys = payloadKeysOf(setting);
  const isKey = (key: string) => /^[A-Za-z0-9+/]+={0,2}$/.test(key) && Buffer.from(key, 'base64').length === keyBytes;
  if (keys.length > 0 && keys.every(isKey)) return;
  context.addIssue({
    code: 'custom',
    message: `wants ${keyBytes} bytes in base64, as \`openssl rand -base64 ${keyBytes}\` makes them, or several such keys separated by commas`,
  });
});
