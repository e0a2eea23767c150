import { readSecret } from '@reembed/contracts';
import type { FreezeHookConfig } from '@reembed/embedders';
import { Webhook } from 'standardwebhooks';

/** How a hook knows that this fleet asks: a key, a signature, or neither. */
export type Signing = Pick<FreezeHookConfig, 'apiKeyEnv' | 'header' | 'signWithEnv'>;

export type SignedRequest = {
  readonly url: string;
  readonly body: string;
  /** The same for a request that is sent again, so that a hook knows it. */
  readonly id: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the configuration names the variables, for messages. */
  readonly namedBy: string;
};

/** Headers of a request to a hook; signed by Standard Webhooks. Throws an Error that says what is wrong with a variable. */
export function signedHeaders(signing: Signing | undefined, request: SignedRequest): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (signing === undefined) return headers;
  const { apiKeyEnv, header, signWithEnv } = signing;
  if (apiKeyEnv !== null) {
    const key = secretOf(request, apiKeyEnv);
    headers[header ?? 'authorization'] = header === null ? `Bearer ${key}` : key;
  }
  if (signWithEnv !== null) {
    const at = new Date();
    headers['webhook-id'] = request.id;
    headers['webhook-timestamp'] = String(Math.floor(at.getTime() / 1000));
    headers['webhook-signature'] = signerOf(request, signWithEnv).sign(request.id, at, request.body);
  }
  return headers;
}

function signerOf(request: SignedRequest, variable: string): Webhook {
  const secret = secretOf(request, variable);
  try {
    return new Webhook(secret);
  } catch (cause) {
    throw new Error(`the secret in ${variable} is no base64`, { cause });
  }
}

function secretOf({ url, env, namedBy }: SignedRequest, variable: string): string {
  const { secret, fault } = readSecret(env, variable, url);
  if (secret !== null && fault === null) return secret;
  const why = fault ?? 'is not set; set it in the environment of the coordinators';
  throw new Error(`${variable}, which ${namedBy} in reembed.config.yaml names, ${why}`);
}
