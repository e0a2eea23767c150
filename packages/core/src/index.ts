export * from './error.ts';
export * from './point-id.ts';
export * from './ports/collections.ts';
export * from './ports/embedder.ts';
