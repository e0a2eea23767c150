import { expect, it } from 'vitest';
import { payloadKeySchema, payloadKeysOf } from './payload-key.ts';

const key = Buffer.alloc(32, 7).toString('base64');

it.each([
  [key, 1],
  [`${key}, ${key}\n`, 2],
])('takes keys of 32 bytes: %j', (setting, keys) => {
  expect(payloadKeysOf(payloadKeySchema.parse(setting))).toEqual(Array(keys).fill(key));
});

it.each([['hunter2'], [`${key},short`], ['none,'], [Buffer.alloc(16).toString('base64')], [key.replace('B', '*')]])(
  'refuses %j without saying it',
  (setting) => {
    const { error } = payloadKeySchema.safeParse(setting);
    expect(error?.issues[0]?.message).toMatch(/openssl rand -base64 32/);
    expect(error?.issues[0]?.message).not.toContain(setting);
  },
);
