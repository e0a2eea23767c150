export * from './error.ts';
export * from './migration.ts';
export * from './payload-text.ts';
export * from './point-id.ts';
export * from './ports/collections.ts';
export * from './ports/embedder.ts';
export * from './ports/state.ts';
export * from './transitions.ts';
