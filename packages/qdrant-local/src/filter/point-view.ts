import type { PointId } from '../ids/point-id.ts';
import type { JsonValue } from '../json/json-value.ts';

/** A point as filters see it; inside a nested condition it has neither id nor vectors. `field` is the value of a top-level key of its payload. */
export type PointView = { readonly id: PointId | undefined; field(key: string): JsonValue | undefined; hasVector(name: string): boolean };
export type Check = (point: PointView) => boolean;
/** A condition on one value found in the payload. */
export type ValueCheck = (value: JsonValue) => boolean;
