import type { ServedProfile } from '../records/model-profile.ts';

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
  /** The answer came whole but was no JSON, or had no vectors. */
  readonly unreadable?: boolean;
};

export type Circumstances = {
  readonly profile: ServedProfile;
  readonly secrets: readonly string[];
  readonly texts: readonly string[];
};

/** OpenAI says so in a code; Cohere's monthly trial limit is told only by its words. */
export function quotaIsUsedUp({ code, type, words }: ProviderFault): boolean {
  return code === 'insufficient_quota' || type === 'insufficient_quota' || /calls ?\/ ?month/i.test(words ?? '');
}

/** A certificate does not become another one by asking again. */
export function isUntrusted({ systemCode }: ProviderFault): boolean {
  return /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|^CERT_|ERR_TLS_CERT/.test(systemCode ?? '');
}

/** Host and port: a base URL's path or query may hold what is not for logs. */
export function providerHost({ baseUrl, vendorUrl }: ServedProfile): string {
  return new URL(baseUrl !== null && URL.canParse(baseUrl) ? baseUrl : vendorUrl).host;
}

/** An answer with status 200 that has no vectors, with what it says instead. */
export class NoVectors extends Error {
  readonly fault: ProviderFault;

  constructor(fault: ProviderFault) {
    super('the answer has no vectors');
    this.fault = fault;
  }
}

/** What an answer says instead of vectors: an error of its own, which some gateways send with status 200, or a page for people. */
export function readNoVectors(reply: unknown): ProviderFault {
  if (typeof reply === 'string') return { unreadable: true, words: pageInWords(reply) };
  const { error, message, detail } = (reply ?? {}) as { error?: unknown; message?: unknown; detail?: unknown };
  const told = (typeof error === 'object' && error !== null ? error : { message: error ?? message ?? detail }) as Record<string, unknown>;
  const status = Number(told.code ?? told.status);
  const words = typeof told.message === 'string' ? told.message : undefined;
  const meant = Number.isInteger(status) && status >= 400 && status < 600;
  return meant ? { status, words } : { unreadable: true, words: words ?? 'nothing' };
}

function pageInWords(page: string): string {
  const title = /<title>([^<]*)<\/title>/i.exec(page)?.[1] ?? page.replace(/<[^>]*>/g, ' ');
  return title.replace(/\s+/g, ' ').trim();
}
