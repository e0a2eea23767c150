import type { ErrorCode } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { ServedProfile } from '../records/model-profile.ts';
import { quoteProvider } from '../replies/request-ending.ts';

/** What a vendor's error says, taken out of its class. Nothing of the request is kept. */
export type ProviderFault = {
  /** HTTP status; absent: no whole answer came. */
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** The field of the request it complains of. */
  readonly param?: string | undefined;
  /** The provider's words. */
  readonly words?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Of a connection that failed: ECONNREFUSED and such. */
  readonly systemCode?: string | undefined;
  readonly timedOut?: boolean;
  /** The answer came whole but was no JSON. */
  readonly unreadable?: boolean;
};

type Circumstances = {
  readonly profile: ServedProfile;
  readonly apiKey: string | null;
  readonly texts: readonly string[];
};

/**
 * A vendor's fault as ReembedError.
 *
 * | fault | code |
 * |---|---|
 * | no connection, no answer in time, 408, 409, 425, 5xx | provider-unreachable |
 * | 401, 403 | provider-unauthorized |
 * | 429 | provider-rate-limited; provider-refused where the quota is used up, for waiting does not help |
 * | 400, 413, 422 about the model, its dimensions or a field | provider-refused |
 * | 400, 413, 422 else, 498 | provider-refused-input |
 * | other 4xx | provider-refused |
 * | an answer that is no JSON | provider-bad-reply |
 */
export function translateProviderError(fault: ProviderFault, circumstances: Circumstances): ReembedError {
  const code = codeOf(fault);
  const quote = quoteProvider(fault.words, circumstances.apiKey ? [circumstances.apiKey] : [], circumstances.texts);
  const message = [describe(fault, circumstances), quote && `it says: ${quote}`, advice[code]?.(fault, circumstances)];
  const { status, type, param, requestId } = fault;
  return new ReembedError(code, message.filter(Boolean).join('; '), {
    // Never the vendor's own error: it carries headers, and its text may carry the key or the texts.
    cause: { status, code: fault.code, type, param, requestId, systemCode: fault.systemCode },
    retryAfterMs: fault.retryAfterMs,
  });
}

function codeOf(fault: ProviderFault): ErrorCode {
  const { status } = fault;
  if (fault.unreadable) return 'provider-bad-reply';
  if (status === undefined || status >= 500 || [408, 409, 425, 499].includes(status)) return 'provider-unreachable';
  if (status === 401 || status === 403) return 'provider-unauthorized';
  if (status === 429) return quotaIsUsedUp(fault) ? 'provider-refused' : 'provider-rate-limited';
  if (status === 498) return 'provider-refused-input';
  if (status === 400 || status === 413 || status === 422) return concernsTheRequest(fault) ? 'provider-refused' : 'provider-refused-input';
  return 'provider-refused';
}

/** OpenAI says so in a code; Cohere's monthly trial limit is told only by its words. */
function quotaIsUsedUp({ code, type, words }: ProviderFault): boolean {
  return code === 'insufficient_quota' || type === 'insufficient_quota' || /calls ?\/ ?month/i.test(words ?? '');
}

const requestParams = /^(model|dimensions|encoding_format|user|output_dimension|input_type|embedding_types|truncate)$/;
const requestCodes = /^(model_not_found|unsupported_parameter|unknown_parameter|invalid_model)$/;
const requestWords =
  /dimension|matryoshka|encoding_format|unknown model|model [^ ]* ?(was )?(not found|does not exist|is not supported)|invalid model/i;

/**
 * Whether a refusal holds whatever the texts are. Where the vendor names no field its words decide, and in doubt it is taken to be about
 * the texts: halving finds the one at fault, whereas a wrong "as such" would stop a migration for one odd text. A request that is wrong
 * as such is found before anything is created, since the witness texts are embedded first.
 */
function concernsTheRequest({ param, code, words }: ProviderFault): boolean {
  if (param) return requestParams.test(param);
  if (code && requestCodes.test(code)) return true;
  return requestWords.test(words ?? '');
}

function describe(fault: ProviderFault, { profile, texts }: Circumstances): string {
  const where = `${profile.model} at ${providerHost(profile)}`;
  if (fault.unreadable) return `${where} answered with something that is no JSON`;
  if (fault.timedOut) return `${where} gave no answer within ${profile.requestTimeoutMs} ms`;
  if (fault.status === undefined) return `${where} could not be reached${fault.systemCode ? ` (${fault.systemCode})` : ''}`;
  const label = fault.code ?? fault.type;
  return `${where} answered ${fault.status}${label ? ` ${label.slice(0, 60)}` : ''} to ${texts.length} ${texts.length === 1 ? 'text' : 'texts'}`;
}

/** Host and port: a base URL's path or query may hold what is not for logs. */
export function providerHost({ baseUrl, vendorUrl }: ServedProfile): string {
  return new URL(baseUrl !== null && URL.canParse(baseUrl) ? baseUrl : vendorUrl).host;
}

const advice: Partial<Record<ErrorCode, (fault: ProviderFault, circumstances: Circumstances) => string>> = {
  'provider-unauthorized': (_, { profile }) =>
    profile.apiKeyEnv === null
      ? 'it wants a key: name its environment variable as apiKeyEnv in reembed.config.yaml'
      : `check the key in ${profile.apiKeyEnv} and what it may use`,
  'provider-refused': (fault, { profile }) => {
    if (fault.status === 429) return 'the quota is used up and waiting does not help; raise it at the provider, then resume';
    return fault.status === 404
      ? `check the model's name there (${profile.providerModel})${profile.baseUrl === null ? '' : ' and the path of the base URL, which most often ends in /v1'}`
      : 'check the model, its dimensions and its entry in reembed.config.yaml';
  },
  'provider-refused-input': (_, { texts }) =>
    texts.length === 1
      ? 'shorten or mend the text, or leave the point out'
      : 'one of the texts, their number or their length is at fault; send fewer',
  'provider-unreachable': (fault) => (fault.status === undefined ? 'check the address and the network' : ''),
  'provider-bad-reply': () => 'check the base URL: a proxy or another service may be answering',
};
