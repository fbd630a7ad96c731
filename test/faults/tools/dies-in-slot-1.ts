/** Cannot be loaded in one slot, and is well in all others. */
if (process.env.HOLDFAST_SLOT === '1') process.exit(1);

export { waits, whoServes } from './well.ts';
