import type { ProviderFault } from './stub-provider.ts';

/** How a server behaves, as it was met somewhere, and what must come of it. */
export type ProviderMood = {
  readonly name: string;
  /** What a request meets; null: a right answer. `nth`: how many requests came before. */
  readonly meets: (texts: readonly string[], nth: number) => ProviderFault | null;
  readonly comes:
    | 'all-embedded'
    /** Texts with this in them are set aside by name, and no others. */
    | { readonly setAside: string }
    /** It stops, or waits, with these words, and sets nothing aside. */
    | { readonly stops: RegExp }
    | { readonly waits: RegExp };
  /** How long a request may take where that matters, in ms. */
  readonly requestTimeoutMs?: number;
};

/** A text that has this in it is what some servers cannot bear. */
export const poison = 'poison';

const status = (code: number, words: string, more: object = {}): ProviderFault => ({
  kind: 'status',
  status: code,
  body: { error: { message: words, ...more }, message: words },
});
const isPoisoned = (texts: readonly string[]) => texts.some((text) => text.includes(poison));
const letters = (texts: readonly string[]) => texts.reduce((sum, { length }) => sum + length, 0);
const onPoison = (fault: ProviderFault) => (texts: readonly string[]) => (isPoisoned(texts) ? fault : null);
const above = (most: number, fault: ProviderFault) => (texts: readonly string[]) => (texts.length > most ? fault : null);
const always = (fault: ProviderFault) => () => fault;
const atFirst = (times: number, fault: ProviderFault) => (_: readonly string[], nth: number) => (nth < times ? fault : null);
/** Neither the text nor the witness, which is short. */
const longerThan = (most: number, fault: ProviderFault) => (texts: readonly string[]) => (letters(texts) > most ? fault : null);

/** One table for the contract of embedders and for whole migrations. */
export const providerMoods: readonly ProviderMood[] = [
  { name: 'Ollama: 500 NaN for one text', meets: onPoison(status(500, 'json: unsupported value: NaN')), comes: { setAside: poison } },
  { name: 'a firewall: 403 for one text', meets: onPoison(status(403, 'Attention Required')), comes: { setAside: poison } },
  { name: 'a text refused with 400', meets: onPoison(status(400, "'$.input' is invalid")), comes: { setAside: poison } },
  { name: 'a text refused with 422', meets: onPoison(status(422, 'tokenization error')), comes: { setAside: poison } },
  { name: 'a text that a vector of zeros comes back for', meets: onPoison({ kind: 'zeros' }), comes: { setAside: poison } },
  { name: 'a text that NaN comes back for', meets: onPoison({ kind: 'not-finite' }), comes: { setAside: poison } },
  { name: 'a text that makes the connection drop', meets: onPoison({ kind: 'dropped' }), comes: { setAside: poison } },
  { name: 'a text that is 424 to TEI', meets: onPoison(status(424, 'inference failed')), comes: { setAside: poison } },
  {
    name: 'a limit of the batch with 413',
    meets: above(4, status(413, 'batch size 8 > maximum allowed batch size 4')),
    comes: 'all-embedded',
  },
  { name: 'a limit of the batch with 422', meets: above(4, status(422, 'too many inputs')), comes: 'all-embedded' },
  { name: 'a limit of the batch with 500', meets: above(2, status(500, 'Internal Server Error')), comes: 'all-embedded' },
  { name: 'a limit of one text', meets: above(1, status(400, 'input must be a string')), comes: 'all-embedded' },
  { name: 'a batch that drops the connection', meets: above(4, { kind: 'dropped' }), comes: 'all-embedded' },
  { name: 'a batch that is too large by tokens', meets: longerThan(160, status(400, 'max_tokens_per_request')), comes: 'all-embedded' },
  { name: 'input too large with 500', meets: longerThan(160, status(500, 'input is too large to process')), comes: 'all-embedded' },
  { name: 'a batch that is short of a vector', meets: above(4, { kind: 'wrong-count' }), comes: 'all-embedded' },
  { name: 'rows in another order', meets: always({ kind: 'reordered' }), comes: 'all-embedded' },
  { name: 'two 503s', meets: atFirst(2, status(503, 'overloaded')), comes: 'all-embedded' },
  { name: '429 with Retry-After', meets: atFirst(3, { kind: 'rate-limited', retryAfter: '1' }), comes: 'all-embedded' },
  { name: '429 with Retry-After: 0', meets: atFirst(3, { kind: 'rate-limited', retryAfter: '0' }), comes: 'all-embedded' },
  { name: '429 with a day', meets: atFirst(1, { kind: 'rate-limited', retryAfter: '86400' }), comes: 'all-embedded' },
  {
    name: '200 with a 429 in it',
    meets: atFirst(2, { kind: 'status', status: 200, body: { error: { message: 'busy', code: 429 } } }),
    comes: 'all-embedded',
  },
  { name: 'a sign-in page once', meets: atFirst(1, { kind: 'not-json' }), comes: 'all-embedded' },
  { name: 'a server that is away', meets: always(status(502, 'Bad Gateway')), comes: { waits: /Bad Gateway/ } },
  {
    name: 'a quota of the month with 503',
    meets: always(status(503, 'monthly quota is used up')),
    comes: { waits: /monthly quota.*pay or raise/ },
  },
  {
    name: 'an account in arrears with 400',
    meets: always(status(400, 'Arrearage: overdue payment')),
    comes: { stops: /overdue payment.*pay or raise/ },
  },
  { name: 'an expired key with 400', meets: always(status(400, 'API key expired')), comes: { stops: /API key expired.*not the texts/ } },
  { name: 'a refused key', meets: always(status(401, 'Incorrect API key provided')), comes: { stops: /Incorrect API key/ } },
  { name: 'no money with 402', meets: always(status(402, 'Insufficient credits')), comes: { stops: /Insufficient credits.*pay or raise/ } },
  { name: 'a quota that is used up', meets: always({ kind: 'quota-used-up' }), comes: { stops: /waiting does not help/ } },
  { name: 'no such model', meets: always(status(404, 'model not found')), comes: { stops: /model not found.*check the model's name/ } },
  { name: 'input_type is missing', meets: always(status(400, "'input_type' is required")), comes: { stops: /documentBody and queryBody/ } },
  { name: 'a sign-in page for ever', meets: always({ kind: 'not-json' }), comes: { stops: /no vectors.*check the base URL/ } },
  { name: 'another size than asked for', meets: always({ kind: 'wrong-dimension' }), comes: { stops: /33 dimensions, not 32/ } },
  {
    name: 'an error in a 200',
    meets: always({ kind: 'status', status: 200, body: { error: 'model is not loaded' } }),
    comes: { stops: /model is not loaded/ },
  },
  {
    name: 'a slow server, which does not answer in time to more than four texts',
    meets: above(4, { kind: 'hung' }),
    comes: 'all-embedded',
    requestTimeoutMs: 1_500,
  },
];
