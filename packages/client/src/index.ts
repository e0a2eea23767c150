/// <reference types="node" preserve="true" />

export type { SearchWatch, ShadowedSearch, SplitSearch } from './both-sides.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  type Found,
  type FoundPoint,
  type Id,
  type Point,
  type Search,
  type Selection,
  type Text,
  type VectorOrText,
} from './client.ts';
export { type Connected, type ConnectOptions, connect } from './connect.ts';
export { isFollowed, type LiveAnswer, type LiveQdrant, type LiveRequest } from './live-qdrant.ts';
export { type Operation, operationOf } from './operations.ts';
export { anyModel } from './text-vectors.ts';
