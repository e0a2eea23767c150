/** One request to Qdrant. `operation`: what is asked, without a name of anybody's in it: `POST /collections/{name}/points/scroll`. */
export type WatchedCall = { readonly operation: string; readonly transport: 'rest' | 'grpc' };

/** Stands around every request to Qdrant, to see how long it takes and how it ends; its answer and its error go through as they are. */
export type Watch = <T>(call: WatchedCall, run: () => Promise<T>) => Promise<T>;

/** Nobody looks. */
export const unwatched: Watch = (_call, run) => run();
