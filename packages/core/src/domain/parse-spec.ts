import { type Issue, type Spec, specSchema, withoutSecrets } from '@reembed/contracts';
import { ReembedError } from './error.ts';
import { tooLong } from './spec-size.ts';

/** Validates a spec. Throws `invalid-spec` with every fault at once. */
export function parseSpec(input: unknown): Spec {
  const parsed = specSchema.safeParse(input);
  if (!parsed.success) {
    const found = parsed.error.issues;
    const issues = found.slice(0, mostSaid).flatMap((issue) => toIssues(issue, input));
    throw new ReembedError('invalid-spec', inWords('the spec is not valid', issues), { issues });
  }
  const long = tooLong(parsed.data);
  if (long !== null) throw new ReembedError('invalid-spec', inWords('the spec is too long', [long]), { issues: [long] });
  return parsed.data;
}

/** So many faults are said; a file that is none at all has one a line. */
const mostSaid = 50;

/** What is longer is not sent back whole: entries of a list or an object, characters of a text. */
const longestShown = 20;
const shownChars = 500;

type ZodIssue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  /** Where several forms are possible: what each of them finds, below this path. */
  readonly errors?: readonly (readonly ZodIssue[])[];
};

/** What zod found as issues, with the values of the input. */
export function toIssues({ path, message, keys, errors = [] }: ZodIssue, input: unknown): Issue[] {
  const meant = formMeant(errors);
  if (meant !== null) return meant.flatMap((issue) => toIssues({ ...issue, path: [...path, ...issue.path] }, input));
  const found = path.reduce((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), input);
  const field = path.map(String).join('.');
  if (keys === undefined) return [{ field, value: shown(found), message }];
  return keys.slice(0, mostSaid).map((key) => ({
    field: [...path.map(String), key].join('.'),
    value: shown(Reflect.get(Object(found), key)),
    message: 'is not a known field: check its spelling',
  }));
}

/** Of several forms, the one in which the fault lies deeper than the form itself: somebody meant that. */
function formMeant(forms: readonly (readonly ZodIssue[])[]): readonly ZodIssue[] | null {
  const deep = forms.filter((issues) => issues.length > 0 && issues.every(({ path, keys }) => path.length > 0 || keys !== undefined));
  return deep.length === 1 ? (deep[0] ?? null) : null;
}

/** Messages are kept and shown. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return cut(/^https?:/i.test(value) ? withoutSecrets(value) : value);
  if (Array.isArray(value) && value.length > longestShown) return `a list of ${value.length}`;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length > longestShown) return `an object with ${entries.length} fields`;
  const inner = entries.map(([name, one]) => [name, typeof one === 'object' && one !== null ? '…' : shown(one)] as const);
  return Array.isArray(value) ? inner.map(([, one]) => one) : Object.fromEntries(inner);
}

function cut(text: string): string {
  return text.length <= shownChars ? text : `${text.slice(0, shownChars)}… (${text.length} characters)`;
}

/** `the spec is not valid: source.collection (missing): wants text; …` */
export function inWords(what: string, issues: readonly Issue[]): string {
  return `${what}: ${issues.map(({ field, value, message }) => `${field} (${JSON.stringify(value) ?? 'missing'}): ${message}`).join('; ')}`;
}
