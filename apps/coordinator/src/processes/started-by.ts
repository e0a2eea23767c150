/** What a process that a coordinator started is told, and tells. */
export function startedBy<ToProcess, FromProcess>(
  told: (message: ToProcess) => void | Promise<void>,
): { readonly tell: (message: FromProcess) => void } {
  // A Ctrl-C reaches everybody on a terminal: the coordinator says when its processes end, and they end with it, however it does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit());
  process.on('message', told);
  return { tell: (message) => void process.send?.(message) };
}
