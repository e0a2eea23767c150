/**
 * A calculation of values alone, which can be made in another process: what goes in and what comes out is plain data. It is `given` something, and of
 * `parts` as many as there are, which are handed over some at a time.
 */
export type Calculation<Given, Part, Result> = {
  readonly name: string;
  readonly of: (given: Given, parts: readonly Part[]) => Result;
};

/** What came of it; or why nothing did. */
export type Calculated<Result> = { readonly result: Result } | { readonly failed: string };

/** Makes a calculation where it keeps nothing else from its turn, however long it takes. Throws the signal's reason. */
export type Calculate = <Given, Part, Result>(
  calculation: Calculation<Given, Part, Result>,
  input: { readonly given: Given; readonly parts: readonly Part[]; readonly signal: AbortSignal },
) => Promise<Calculated<Result>>;

/** Where nothing else wants a turn, or too little is to be done for a thread. */
export const calculateHere: Calculate = async (calculation, { given, parts, signal }) => {
  signal.throwIfAborted();
  return { result: calculation.of(given, parts) };
};
