import { describe, expect, it } from 'vitest';
import { inferenceHeaders } from './inference-headers.ts';

const config = { inference: { headers: { 'openai-api-key': 'MY_KEY' } } };

describe('inferenceHeaders', () => {
  it('takes the values from the environment, without stray line ends', () => {
    expect(inferenceHeaders(config, { MY_KEY: 'sk-123\n' })).toEqual({ 'openai-api-key': 'sk-123' });
    expect(inferenceHeaders({}, { MY_KEY: 'sk-123' })).toEqual({});
  });

  it.each([undefined, '', ' '])('names a variable that is not set (%j)', (value) => {
    expect(() => inferenceHeaders(config, { MY_KEY: value })).toThrow(
      /inference\.headers\.openai-api-key .* names MY_KEY, which is not set/,
    );
  });
});
