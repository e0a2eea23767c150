/**
 * What Node is told when it starts a coordinator, a worker or a gateway; later it takes no such thing. `--max-semi-space-size`, in MiB: V8 lets its young
 * generation grow to many times that under load and never gives it back, which was a quarter of a worker's memory and saved no time (docs/performance.md, Memory).
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=8'];
