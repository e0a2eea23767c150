/** Whose batches are meant: a migration, and when it began, in ms since 1970, before which none of its own can be. */
export type BatchOwner = { readonly id: string; readonly since: number };

/**
 * What a provider knows of one batch. `part`: which texts it is for, `turn`: in which turn of work it was sent, and `tokens`: how many it was taken for, all as
 * whoever sent it said (0: an older version did not); `createdAt` in ms since 1970. `full`: it was not taken, for as much as may wait waits already. `refused`: it was not taken for good; `words` say why.
 */
export type Batch = {
  readonly id: string;
  readonly part: string;
  readonly turn: string;
  readonly tokens: number;
  readonly createdAt: number;
  readonly state: 'under-way' | 'ended' | 'full' | 'refused';
  readonly words: string;
};

/** `texts` by names of their own, by which they are found in whatever order they come back. `dimensions`: undefined: the model's own size. */
export type BatchOrder = Pick<Batch, 'part' | 'turn' | 'tokens'> & {
  readonly texts: ReadonlyMap<string, string>;
  readonly dimensions: number | undefined;
};

/** What a batch came to, by the names of its texts: some may be missing. `tokens`: as billed, all of them. */
export type BatchAnswers = { readonly vectors: ReadonlyMap<string, Float32Array>; readonly tokens: number };

/**
 * The road of a provider for texts that may wait: for less, and within a day. The provider alone knows what was sent, so that a process that dies forgets
 * nothing. Throws what `Embedder.embed` throws.
 */
export type Batches = {
  /** What fits into one batch. `bytes` of its texts as they travel, in UTF-8. */
  readonly limits: { readonly texts: number; readonly bytes: number };
  /** Oldest first; what this process has asked within the last seconds may be answered as it was then. */
  list(owner: BatchOwner, signal: AbortSignal): Promise<readonly Batch[]>;
  /** Sends a batch, unless one of this part is under way or has ended; answers whichever there is. */
  send(owner: BatchOwner, order: BatchOrder, signal: AbortSignal): Promise<Batch>;
  /** Of one that has ended. */
  read(batch: Batch, dimensions: number | undefined, signal: AbortSignal): Promise<BatchAnswers>;
  /** Stops it where it is under way, and deletes its files. */
  end(batch: Batch, signal: AbortSignal): Promise<void>;
  /** Ends all of the owner, and deletes what files of it are left; answers how many were stopped. */
  endAll(owner: BatchOwner, signal: AbortSignal): Promise<number>;
};
