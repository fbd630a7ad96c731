/** A clock that never goes back, in milliseconds. */
export function monotonic(): number {
  return performance.now();
}
