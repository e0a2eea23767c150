import type { PointId } from '../ids/point-id.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';

/** A point as filters see it; inside a nested condition it has neither id nor vectors. `payload` is parsed when first asked for. */
export type PointView = { readonly id: PointId | undefined; payload(): JsonObject; hasVector(name: string): boolean };
export type Check = (point: PointView) => boolean;
/** A condition on one value found in the payload. */
export type ValueCheck = (value: JsonValue) => boolean;
