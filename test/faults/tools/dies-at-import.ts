/** Ends its process while it is being imported, for a reason that nobody foresaw. */
setTimeout(() => {
  throw new TypeError('Cannot read properties of undefined (reading "colour")');
}, 50);
await new Promise((resolve) => setTimeout(resolve, 10_000));

export { whoServes } from './well.ts';
