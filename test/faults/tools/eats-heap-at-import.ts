/** Takes all the memory there is, while it is being imported. */
const kept: unknown[] = [];
for (;;) kept.push(Array.from({ length: 10_000 }, () => ({ a: Math.random() })));

export { whoServes } from './well.ts';
