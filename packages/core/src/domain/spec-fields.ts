import type { ErrorCode, Spec } from '@reembed/contracts';

/** A changed value is taken up. `from`: when it counts, in words; the rest: what is done again because of it. */
export type TakenUp = {
  readonly from: string;
  /** It is how fast the work goes, and nothing of what is done: nobody has to begin anew for it. */
  readonly pace?: true;
  /** Whether the gates are measured anew before a switch goes by them. */
  readonly gates?: true;
  /** Whether searches are asked otherwise: how far those before it agreed says nothing any more. */
  readonly searches?: true;
  /** What was set aside with these codes is tried again. */
  readonly retries?: readonly ErrorCode[];
  /** What has been counted or noted for the value before, and begins anew. */
  readonly forgets?: 'deletesAllowed' | 'watermark';
};
/** A changed value would give the target other contents. `decides`: what of it, in words. */
export type Refused = { readonly decides: string };
export type Effect = TakenUp | Refused;

/** What a change of a field does, whole, by the value before it, or for each of its own fields; `each`: for every entry of a record. */
type EffectsOf<Value> =
  | Effect
  | ((before: unknown) => Effect)
  | (Value extends readonly unknown[]
      ? never
      : string extends keyof Value
        ? { readonly each: EffectsOf<Value[string]> }
        : Value extends object
          ? { readonly [Field in keyof Value]-?: EffectsOf<NonNullable<Value[Field]>> }
          : never);
export type Effects = Effect | ((before: unknown) => Effect) | { readonly [field: string]: Effects };

const from = (words: string): TakenUp => ({ from: words });
const decides = (words: string): Refused => ({ decides: words });
const measured: TakenUp = { from: 'the gates are measured anew before a switch', gates: true };
const asked: TakenUp = { ...measured, searches: true };
const points = decides('which points the target has');
const vector = decides('what the vector is');
const storage = decides('how the target is made');

/** Vectors of texts that were shortened, and points without a vector, cannot be told from the others any more. */
const unless = (stored: readonly string[], taken: TakenUp) => (before: unknown) =>
  stored.includes(String(before)) ? decides('vectors and points that are stored, and cannot be told from the others') : taken;
const triedAgain = (...retries: ErrorCode[]): TakenUp => ({ from: 'points set aside for it are tried again', retries });

/** What becomes of an edit of a migration that lives, field by field. The compiler asks about a new field. */
export const specFields = {
  name: from('at once'),
  source: { collection: points, vectors: asked, filter: points, textFrom: decides('which texts the vectors are made from') },
  target: {
    collection: storage,
    inPlace: storage,
    alias: decides('which readers are switched, and is taken for the whole migration'),
    payload: decides('what payloads the target has'),
    settings: storage,
  },
  vectors: {
    each: {
      embed: {
        model: vector,
        via: vector,
        dimensions: vector,
        text: vector,
        onMissingText: unless(['keep-without-vector'], triedAgain('text-missing')),
        // Without the model's own tokenizer it is the provider who says that a text is too long.
        onLongText: unless(['truncate', 'split-mean'], triedAgain('text-too-long', 'provider-refused-input')),
        options: vector,
        batch: decides('how its texts are sent and paid'),
      },
      keep: vector,
      bm25: vector,
      truncate: vector,
      project: vector,
      sparse: {
        model: vector,
        via: vector,
        text: vector,
        onMissingText: unless(['keep-without-vector'], triedAgain('text-missing')),
        options: vector,
      },
      multivector: {
        ...{ model: vector, via: vector, text: vector, dimensions: vector, options: vector },
        onMissingText: unless(['keep-without-vector'], triedAgain('text-missing')),
      },
      distance: vector,
      settings: storage,
    },
  },
  models: { each: { documentPrefix: vector, queryPrefix: asked, limits: decides('which texts are shortened or set aside') } },
  copy: {
    rangePoints: from('for ranges that are cut from now on'),
    pagePoints: from('from the next range on'),
    streams: from('from the next range on'),
    transport: from('from the next range on'),
    hotFirst: from('where its points have not been looked for yet'),
  },
  throttle: { from: 'at once', pace: true },
  sync: {
    changedField: { from: 'from the next pass on', forgets: 'watermark' },
    maxDeleteShare: { from: 'from the next pass on, counted anew', forgets: 'deletesAllowed' },
    maxPasses: from('from the next comparison on'),
    hashField: decides('what payloads the target has'),
  },
  search: { old: asked, new: asked, bridge: from('at once') },
  gates: measured,
  switch: { mode: from('as soon as it is ready'), freeze: from('from the next switch on') },
  observe: decides('whether the way back was prepared before anything was copied'),
} as const satisfies EffectsOf<Spec>;
