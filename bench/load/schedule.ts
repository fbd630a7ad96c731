/** How many a second, and for how long. */
export interface Schedule {
  readonly perSecond: number;
  readonly ms: number;
}

/** A timer comes up to a millisecond late: what is due sooner than this is waited for turn by turn of the loop. */
const TIMER_MS = 2;

/** Calls `send` when each is due, with its turn and when it was due: never too early, and as many in the end if one came late. Rejects when the signal is aborted. */
export function sendOnSchedule(
  { perSecond, ms }: Schedule,
  send: (turn: number, dueAt: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const beganAt = performance.now();
  const turns = Math.round((perSecond * ms) / 1_000);
  let turn = 0;
  const dueAt = (): number => beganAt + (turn * 1_000) / perSecond;
  const sendDue = (): void => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    for (; turn < turns && dueAt() <= performance.now(); turn++) send(turn, dueAt());
    if (turn === turns) {
      resolve();
      return;
    }
    const aheadMs = dueAt() - performance.now();
    if (aheadMs > TIMER_MS) setTimeout(sendDue, aheadMs - TIMER_MS);
    else setImmediate(sendDue);
  };
  sendDue();
  return promise;
}
