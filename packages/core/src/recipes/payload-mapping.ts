import { formatPayloadPath, isIdentity, type PayloadMapping, type PayloadStep, parsePayloadPath } from '@reembed/contracts';
import { skipJsonSpace, skipJsonValue, walkJsonArray, walkJsonObject } from '../domain/payload-text.ts';

/** What a mapping makes of a payload: its text, or the path at which two fields would get one name. */
export type MappedPayload = { readonly payload: string } | { readonly conflict: string };

/** A mapping, compiled. */
export type PayloadMapper = {
  map(payload: string): MappedPayload;
  /** The name of a payload field in the target, as indexes write it; null where nothing of it is left. */
  path(field: string): string | null;
  /** The same of a path that has been read. */
  steps(path: readonly PayloadStep[]): readonly PayloadStep[] | null;
  /** Whether a field keeps its whole value. */
  keeps(path: readonly PayloadStep[]): boolean;
};

/** One place in the payload that the mapping has something to say about. */
type Rule = {
  readonly below: Map<PayloadStep, Rule>;
  include: boolean;
  exclude: boolean;
  newKey: string | null;
  /** Whether it or something below it is included. */
  leads: boolean;
};

/** The mapper of a spec's `target.payload`. Numbers and strings are passed on as the text they came in. */
export function payloadMapper(mapping: PayloadMapping): PayloadMapper {
  if (isIdentity(mapping)) return { map: (payload) => ({ payload }), path: (field) => field, steps: (path) => path, keeps: () => true };
  const root = rulesOf(mapping);
  const everything = mapping.include.length === 0;
  return {
    map(payload) {
      const conflicts: string[] = [];
      const text = mapValue(payload, skipJsonSpace(payload, 0), { rule: root, kept: everything, path: [] }, conflicts);
      const [conflict] = conflicts;
      return conflict === undefined ? { payload: text } : { conflict };
    },
    path(field) {
      const steps = parsePayloadPath(field);
      const found = steps === null ? null : follow(root, everything, steps);
      return steps === null ? field : found === null ? null : formatPayloadPath(found.steps);
    },
    steps: (path) => follow(root, everything, path)?.steps ?? null,
    keeps(path) {
      const found = follow(root, everything, path);
      return found?.kept === true && !(found.rule !== undefined && drops(found.rule));
    },
  };
}

/**
 * The mapping from payloads of the target to those of the source, of one that drops nothing; `added`: a path of the target's payloads that no
 * source has. Null where something is dropped.
 */
export function inverseMapping(mapping: PayloadMapping, added: string | null): PayloadMapping | null {
  if (mapping.include.length > 0 || mapping.exclude.length > 0) return null;
  const mapper = payloadMapper(mapping);
  const rename = Object.keys(mapping.rename).flatMap((from) => {
    const renamed = mapper.steps(parsePayloadPath(from) ?? []);
    const before = parsePayloadPath(from)?.at(-1);
    return renamed === null || before === undefined
      ? []
      : [[formatPayloadPath(renamed), formatPayloadPath([...renamed.slice(0, -1), before])] as const];
  });
  return { include: [], exclude: added === null ? [] : [added], rename: Object.fromEntries(rename) };
}

function rulesOf({ include, exclude, rename }: PayloadMapping): Rule {
  const root = newRule();
  for (const text of include) for (const rule of rulesAlong(root, text)) rule.leads = true;
  for (const text of include) ruleAt(root, text).include = true;
  for (const text of exclude) ruleAt(root, text).exclude = true;
  for (const [from, to] of Object.entries(rename)) ruleAt(root, from).newKey = newKeyOf(to);
  return root;
}

function newKeyOf(path: string): string | null {
  const key = parsePayloadPath(path)?.at(-1);
  return typeof key === 'string' ? key : null;
}

function newRule(): Rule {
  return { below: new Map(), include: false, exclude: false, newKey: null, leads: false };
}

function rulesAlong(root: Rule, text: string): Rule[] {
  let at = root;
  return (parsePayloadPath(text) ?? []).map((name) => {
    const next = at.below.get(name) ?? newRule();
    at.below.set(name, next);
    at = next;
    return next;
  });
}

function ruleAt(root: Rule, text: string): Rule {
  return rulesAlong(root, text).at(-1) ?? root;
}

function drops(rule: Rule): boolean {
  return rule.exclude || [...rule.below.values()].some(drops);
}

/** Null where the path leads through something dropped. */
function follow(root: Rule, everything: boolean, steps: readonly PayloadStep[]) {
  let rule: Rule | undefined = root;
  let kept = everything;
  const renamed: PayloadStep[] = [];
  for (const name of steps) {
    // One place in a list is what is said of every item.
    rule = rule?.below.get(name) ?? (isPlace(name) ? rule?.below.get(null) : undefined);
    kept ||= rule?.include === true;
    if (rule?.exclude === true || (!kept && rule?.leads !== true)) return null;
    renamed.push(rule?.newKey ?? name);
  }
  return { steps: renamed, rule, kept };
}

function isPlace(name: PayloadStep): boolean {
  return name !== null && /^\d+$/.test(String(name));
}

/** Where a value stands: the rule for it, and whether all of it is kept unless something below is excluded. */
type Place = { readonly rule: Rule | undefined; readonly kept: boolean; readonly path: readonly PayloadStep[] };

function mapValue(text: string, at: number, place: Place, conflicts: string[]): string {
  const { rule, kept } = place;
  const first = text[at];
  const nested = first === '{' || first === '[';
  // A value that include only leads through and that is no object stays, as in Qdrant's selectors.
  if (!nested || rule === undefined || (kept && rule.below.size === 0)) return text.slice(at, skipJsonValue(text, at));
  return first === '{' ? mapObject(text, at, place, conflicts) : mapArray(text, at, place, conflicts);
}

function mapObject(text: string, at: number, { rule, kept, path }: Place, conflicts: string[]): string {
  const members = new Map<string, string>();
  walkJsonObject(text, at, (key, valueAt) => {
    const below = rule?.below.get(key);
    const all = kept || below?.include === true;
    if (below?.exclude !== true && (all || below?.leads === true)) {
      const name = below?.newKey ?? key;
      if (members.has(name)) conflicts.push(formatPayloadPath([...path, name]));
      members.set(name, mapValue(text, valueAt, { rule: below, kept: all, path: [...path, name] }, conflicts));
    }
    return skipJsonValue(text, valueAt);
  });
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function mapArray(text: string, at: number, { rule, kept, path }: Place, conflicts: string[]): string {
  const below = rule?.below.get(null);
  const all = kept || below?.include === true;
  if (below?.exclude === true || (!all && below?.leads !== true)) return '[]';
  const items: string[] = [];
  walkJsonArray(text, at, (itemAt) => {
    items.push(mapValue(text, itemAt, { rule: below, kept: all, path: [...path, null] }, conflicts));
    return skipJsonValue(text, itemAt);
  });
  return `[${items.join(',')}]`;
}
