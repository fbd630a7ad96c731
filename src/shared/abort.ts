/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts: `work` may not listen to it, and goes on unheard. */
export async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Whichever comes second is nobody's concern.
    work.catch(() => undefined);
  }
}

/** Settles as `work` does, or rejects with a `TimeoutError` if that takes longer. Unlike `AbortSignal.timeout`, it leaves nothing behind. */
export async function unlessLate<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new DOMException(`It took over ${ms} ms`, 'TimeoutError'));
  }, ms).unref();
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
