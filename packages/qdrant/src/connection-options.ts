/**
 * For undici's pools. Idle connections are given up before Qdrant gives them up (5 s), else a request now and then meets one that is being
 * closed. No time limits here: `withRequestLimit` has one for headers and body together.
 */
export const connectionOptions = { keepAliveTimeout: 4_000, headersTimeout: 0, bodyTimeout: 0 } as const;
