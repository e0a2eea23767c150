import { describe, expect, it } from 'vitest';
import { parseJson } from '../json/json-reader.ts';
import { isObject, jsonText } from '../json/json-value.ts';
import { fieldOfText } from './field-of-text.ts';

const PAYLOADS = [
  '{}',
  '{"a":1}',
  '{"a":"x","b":[1,{"a":2}],"c":{"b":"}"},"d":null,"e":true,"f":-0.5,"g":12345678901234567890,"":[]}',
  '{"q\\"uote":"\\\\","back\\\\":"a\\\\\\"b","[":"]","a":[[],[[]],{}],"é😀":"ü","last":false}',
];

describe('the value of one key, read from a payload as text', () => {
  it.each(PAYLOADS)('is what reading all of %s gives', (text) => {
    const all = parseJson(Buffer.from(text));
    if (!isObject(all)) throw new TypeError('a payload is an object');
    for (const [key, value] of all) expect(jsonText(fieldOfText(text, key) ?? null)).toBe(jsonText(value));
    for (const key of ['nope', 'b":', 'quote']) expect(fieldOfText(text, key)).toBeUndefined();
  });
});
