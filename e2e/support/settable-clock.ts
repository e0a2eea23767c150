/**
 * Makes the wall clock of this process one that the test sets, with a message `{ setClockBy: ms }`. Whoever asks for the time is told so,
 * libraries too; the monotonic clock and timers go on as they were. For the mains of test processes.
 */
export function letClockBeSet(): void {
  const RealDate = Date;
  const realNow = Date.now;
  let setByMs = 0;
  Date.now = () => realNow() + setByMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
  });
  process.on('message', (message: { setClockBy?: number }) => {
    setByMs += message.setClockBy ?? 0;
  });
  // Waiting for such a message keeps no process alive.
  process.channel?.unref();
}
