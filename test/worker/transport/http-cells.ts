/** Situations of Streamable HTTP, and what is answered in each. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { type ServedMcp, serveMcp } from './mcp-served.ts';
import { OFFERED } from './mcp-tools.ts';

/** One cell: what is done, and the status of the answer, with the code of the error in it if there is one. */
export type Cell = readonly [
  what: string,
  act: (served: ServedMcp) => Promise<Response>,
  status: number,
  code?: number,
];

export const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
export const SSE = { accept: 'text/event-stream' };

/** A test of each. */
export function testCells(name: string, cells: readonly Cell[]): void {
  suite(name, () => {
    for (const [what, act, status, code] of cells) {
      const answer = code === undefined ? status : `${status} and ${code}`;
      test(`answers ${what} with ${answer}`, async () => {
        await using served = await serveMcp(OFFERED);
        const response = await act(served);
        const text = await response.text();
        assert.equal(response.status, status, text);
        if (code === undefined) return;
        const { error }: { error: { code: number } } = JSON.parse(text);
        assert.equal(error.code, code);
      });
    }
  });
}
