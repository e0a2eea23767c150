import { type ErrorCode, quoteForeign } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { ServedProfile } from '../records/model-profile.ts';
import { quoteProvider } from '../replies/request-ending.ts';
import { likelyCause } from './likely-cause.ts';
import { type Circumstances, isUntrusted, type ProviderFault, providerHost, quotaIsUsedUp } from './provider-fault.ts';

/**
 * A vendor's fault as ReembedError. Whether a text, the server or the account is at fault is found out by whoever asks again; the codes say
 * what the status says, and the messages what is likely.
 *
 * | fault | code |
 * |---|---|
 * | no answer in time | provider-timeout |
 * | no connection, 408, 409, 424, 425, 499, 5xx | provider-unreachable |
 * | a certificate that is not trusted | provider-unreachable, and no more tries |
 * | 401, 403 | provider-unauthorized |
 * | a quota that is used up, whatever the status | provider-refused, for waiting does not help |
 * | 429 else | provider-rate-limited |
 * | 400, 413, 422, 498 | provider-refused-input |
 * | other 4xx | provider-refused |
 * | an answer that is no JSON, or has no vectors | provider-bad-reply |
 */
export function translateProviderError(fault: ProviderFault, circumstances: Circumstances): ReembedError {
  const code = codeOf(fault);
  const { secrets, texts, profile } = circumstances;
  const quote = quoteProvider(fault.words, secrets, texts);
  const message = [
    describe(fault, circumstances),
    quote && quoteForeign(quote),
    waitInWords(fault, profile),
    likelyCause(fault, circumstances),
  ];
  const { status, type, param, requestId, retryAfterMs } = fault;
  return new ReembedError(code, message.filter(Boolean).join('; '), {
    // Never the vendor's own error: it carries headers, and its text may carry the key or the texts.
    cause: { status, code: fault.code, type, param, requestId, systemCode: fault.systemCode },
    retryAfterMs: retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, profile.longestWaitMs),
    ...(isUntrusted(fault) ? { retry: 'never' } : {}),
  });
}

function codeOf(fault: ProviderFault): ErrorCode {
  const { status } = fault;
  if (fault.unreadable) return 'provider-bad-reply';
  if (fault.timedOut) return 'provider-timeout';
  if (quotaIsUsedUp(fault)) return 'provider-refused';
  if (status === undefined || status >= 500 || [408, 409, 424, 425, 499].includes(status)) return 'provider-unreachable';
  if (status === 401 || status === 403) return 'provider-unauthorized';
  if (status === 429) return 'provider-rate-limited';
  return [400, 413, 422, 498].includes(status) ? 'provider-refused-input' : 'provider-refused';
}

function describe(fault: ProviderFault, { profile, texts }: Circumstances): string {
  const where = `${profile.model} at ${providerHost(profile)}`;
  if (fault.unreadable) return `${where} answered with something that has no vectors${fault.words === undefined ? ': no JSON' : ''}`;
  if (fault.timedOut) return `${where} gave no answer within ${profile.requestTimeoutMs} ms to ${count(texts)}`;
  if (fault.status === undefined) return `${where} could not be reached${fault.systemCode ? ` (${fault.systemCode})` : ''}`;
  const label = fault.code ?? fault.type;
  return `${where} answered ${fault.status}${label ? ` ${label.slice(0, 60)}` : ''} to ${count(texts)}`;
}

function count({ length }: readonly string[]): string {
  return length === 1 ? '1 text' : `${length} texts`;
}

function waitInWords({ retryAfterMs }: ProviderFault, { longestWaitMs }: ServedProfile): string {
  if (retryAfterMs === undefined || retryAfterMs <= longestWaitMs) return '';
  return `it asks to wait ${Math.ceil(retryAfterMs / 1_000)} s, and is tried again after ${Math.ceil(longestWaitMs / 1_000)} s`;
}
