import { describe, expect, it } from 'vitest';
import { unknownProfile } from '../records/model-profile.ts';
import { translateProviderError } from './translate-provider-error.ts';

const profile = { ...unknownProfile('x/m', 'm'), vendorUrl: 'https://models.example/v1' };
const circumstances = { profile, secrets: [], texts: ['a', 'b'] };

describe('translateProviderError', () => {
  it.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED'])(
    'stops at a certificate that is not trusted (%s), and says where its authority is named',
    (systemCode) => {
      expect(translateProviderError({ systemCode }, circumstances)).toMatchObject({
        code: 'provider-unreachable',
        retry: 'never',
        message: expect.stringMatching(/models\.example could not be reached .* NODE_EXTRA_CA_CERTS/),
      });
    },
  );

  it('goes on asking a server that is merely away', () => {
    expect(translateProviderError({ systemCode: 'ECONNREFUSED' }, circumstances)).toMatchObject({ retry: 'later' });
  });
});
