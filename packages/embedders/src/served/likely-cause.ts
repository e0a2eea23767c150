import { type Circumstances, isUntrusted, type ProviderFault, quotaIsUsedUp } from './provider-fault.ts';

type Cause = {
  readonly of: (fault: ProviderFault, circumstances: Circumstances) => boolean;
  readonly says: (fault: ProviderFault, circumstances: Circumstances) => string;
};

const said = (fault: ProviderFault, words: RegExp) => words.test([fault.code, fault.type, fault.param, fault.words].join(' '));
const answered =
  (...statuses: readonly number[]) =>
  (fault: ProviderFault) =>
    fault.status !== undefined && statuses.includes(fault.status);

/** What is likely behind a fault and how one gets out of it, the first that fits. Never that a text is at fault: only other texts tell. */
const causes: readonly Cause[] = [
  {
    of: isUntrusted,
    says: () =>
      'its certificate is not trusted here: name the file of its authority as NODE_EXTRA_CA_CERTS in the environment of the workers, then resume',
  },
  { of: ({ unreadable }) => unreadable === true, says: () => 'check the base URL: a proxy or another service may be answering' },
  {
    of: ({ timedOut }) => timedOut === true,
    says: (_, { texts }) =>
      texts.length > 1 ? 'it is asked for fewer at a time' : 'a slow server wants a larger requestTimeoutMs in reembed.config.yaml',
  },
  { of: ({ status }) => status === undefined, says: () => 'check the address and the network' },
  {
    of: quotaIsUsedUp,
    says: () => 'the quota is used up and waiting does not help; raise it at the provider, then resume',
  },
  {
    of: (fault) => fault.status === 402 || (fault.status !== 429 && said(fault, /arrear|billing|credit|balance|payment|overdue|quota/i)),
    says: () => 'the account is likely to have run out of money or quota: pay or raise it at the provider, then resume',
  },
  {
    of: (fault) =>
      answered(400, 401, 403)(fault) && said(fault, /api.?key.*(expired|invalid|incorrect)|(expired|invalid|incorrect) api.?key/i),
    says: keyAdvice,
  },
  { of: answered(401, 403), says: keyAdvice },
  {
    of: (fault) => answered(400, 422)(fault) && said(fault, /input_type|\btask(_type)?\b/i),
    says: () =>
      'the model wants to be told what texts are for: name it in documentBody and queryBody of its entry in reembed.config.yaml, such as {input_type: passage} and {input_type: query}',
  },
  {
    of: (fault) => answered(400, 422)(fault) && said(fault, /dimension|matryoshka/i),
    says: () => 'the model may not be made to be cut: leave `dimensions` out, or set one that it gives',
  },
  {
    of: (fault) => answered(400, 422)(fault) && said(fault, /encoding_format/i),
    says: () => 'set encodingFormat in its entry in reembed.config.yaml',
  },
  {
    of: (fault) => answered(400)(fault) && said(fault, /api-version|api version/i),
    says: () => 'the server wants a version in its address: set query {api-version: ...} in its entry in reembed.config.yaml',
  },
  {
    of: answered(404, 405),
    says: (_, { profile }) =>
      `check the model's name there (${profile.providerModel})${profile.baseUrl === null ? '' : ' and the path of the base URL, which most often ends in /v1'}`,
  },
  { of: answered(424), says: () => 'the model behind the server failed: look at its log' },
  { of: answered(413), says: (_, { texts }) => (texts.length > 1 ? 'it is asked for fewer at a time' : '') },
];

export function likelyCause(fault: ProviderFault, circumstances: Circumstances): string {
  return causes.find(({ of }) => of(fault, circumstances))?.says(fault, circumstances) ?? '';
}

function keyAdvice(_: ProviderFault, { profile: { apiKeyEnv } }: Circumstances): string {
  return apiKeyEnv === null
    ? 'it wants a key: name its environment variable as apiKeyEnv in reembed.config.yaml'
    : `check the key in ${apiKeyEnv} and what it may use`;
}
