import { failure } from '../api-error.ts';
import type { JsonValue } from '../json/json-value.ts';
import type { ValueCheck } from './point-view.ts';

/** Conditions on places are not built in yet. */
export function geoCheck(kind: string, _value: JsonValue): ValueCheck {
  throw failure.missing(`filter condition ${kind}`);
}
