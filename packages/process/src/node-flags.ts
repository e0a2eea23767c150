/**
 * What Node is told when it starts a coordinator, a worker or a gateway; later it takes no such thing. `--max-semi-space-size`, in MiB: V8 lets its young
 * generation grow to many times that under load and never gives it back, which was a quarter of a worker's memory and saved no time (docs/performance.md, Memory).
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=8'];

/**
 * What a coordinator, a worker or a gateway has in its environment. glibc raises the size from which memory goes back to the system as soon as it is freed, up to 32 MiB,
 * so that pages of points stayed with a worker that was done with them: 30 MiB of 190 (there). At 128 KiB, where it begins, it stays put; other libraries do not read it.
 */
export const nodeEnvironment: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: String(128 * 1024) };
