/** Shows on a terminal how far a set-up is, on one line that is written over. Elsewhere nothing: a log is no place for it. */
export function showProgress(subject: string, done: number, total: number): void {
  if (!process.stdout.isTTY) return;
  const text = `  ${subject}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`;
  const end = done >= total ? '\n' : '';
  process.stdout.write(`\r\u001b[2K${text}${end}`);
}
