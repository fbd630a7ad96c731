/** Ends its process a while after it was ready: so many milliseconds as the environment says. */
setTimeout(
  () => {
    throw new Error('dies soon after it was ready');
  },
  Number(process.env.DIES_AFTER_MS ?? 300) + 700,
);

export { waits, whoServes } from './well.ts';
