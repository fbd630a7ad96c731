/** Waits for something that never comes, while it is being imported. */
await new Promise(() => undefined);

export { whoServes } from './well.ts';
