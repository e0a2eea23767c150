/** Examples by operation: what is sent and what is answered. A test holds each to its schema. */
export const examples: Readonly<Record<string, { readonly request?: unknown; readonly reply?: unknown }>> = {};
