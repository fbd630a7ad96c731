/** Settles as the promise does, or rejects once it has taken too long. What it waited for is not stopped by that. */
export async function within<T>(ms: number, waiting: Promise<T>, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`${what} took more than ${ms / 1_000} s`));
  }, ms);
  try {
    return await Promise.race([waiting, promise]);
  } finally {
    clearTimeout(timer);
  }
}
