/** The table of docs/limits.md is made of `LIMIT_VARIABLES`, of what bounds tools, and of this. To write it anew: `UPDATE_LIMITS=1 npm test`. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import { LIMIT_VARIABLES } from '../../src/shared/limits.ts';
import { TOOLING_VARIABLES } from '../../src/shared/tooling.ts';

const {
  MCP_RESULT_BYTES_MAX,
  MCP_TOOL_CONCURRENCY_MAX,
  MCP_TOOL_CONCURRENCY_OF_ONE_MAX,
  MCP_TOOL_QUEUE_MAX,
} = TOOLING_VARIABLES;
const VARIABLES = {
  ...LIMIT_VARIABLES,
  MCP_RESULT_BYTES_MAX,
  MCP_TOOL_CONCURRENCY_MAX,
  MCP_TOOL_CONCURRENCY_OF_ONE_MAX,
  MCP_TOOL_QUEUE_MAX,
};
/** A call that waits for its turn gives up when its tool would have. */
const WAITS = { answer: 'none: it waits; 429 in an error', labels: ['tool_wait'] };

interface Refusal {
  /** What the agent sees. */
  readonly answer: string;
  readonly labels: readonly string[];
}

const REFUSALS: Readonly<Record<keyof typeof VARIABLES, Refusal>> = {
  MCP_FRAME_BYTES_MAX: { answer: 'closed with 1009; 413', labels: ['frame_bytes'] },
  MCP_JSON_DEPTH_MAX: { answer: '-32600', labels: ['json_depth'] },
  MCP_JSON_ELEMENTS_MAX: { answer: '-32600', labels: ['json_elements'] },
  MCP_SOCKETS_MAX: { answer: '503 before the upgrade', labels: ['sockets', 'http_requests'] },
  MCP_SOCKETS_OF_ONE_MAX: { answer: '429 before the upgrade', labels: ['sockets_of_one'] },
  MCP_HANDSHAKES_PER_MIN: { answer: '429 before the upgrade', labels: ['handshakes'] },
  MCP_FAILED_LOGINS_PER_MIN: { answer: '429 before the upgrade', labels: ['failed_logins'] },
  MCP_SOCKET_MESSAGES_PER_S: { answer: 'none: it waits', labels: ['messages_per_s'] },
  MCP_SOCKET_BYTES_PER_S: { answer: 'none: it waits', labels: ['bytes_per_s'] },
  MCP_CALLS_IN_FLIGHT_MAX: { answer: '429 in an error', labels: ['calls_in_flight'] },
  MCP_CALLS_OF_ONE_MAX: { answer: '429 in an error', labels: ['calls_of_one'] },
  MCP_RATE_CALLS_PER_S: { answer: '429 in an error', labels: ['calls_per_s'] },
  MCP_RATE_TOOL_CALLS_PER_S: { answer: '429 in an error', labels: ['tool_calls_per_s'] },
  MCP_SOCKET_PING_MS: { answer: 'closed without a word', labels: ['unanswered_ping'] },
  MCP_RESULT_BYTES_MAX: { answer: 'a result that is an error', labels: ['result_bytes'] },
  MCP_TOOL_CONCURRENCY_MAX: WAITS,
  MCP_TOOL_CONCURRENCY_OF_ONE_MAX: WAITS,
  MCP_TOOL_QUEUE_MAX: { answer: '429 in an error', labels: ['tool_queue'] },
};

const PAGE = 'docs/limits.md';
const [BEGIN, END] = ['<!-- limits -->\n', '<!-- /limits -->'];

function table(): string {
  const rows = Object.entries(REFUSALS).map(([name, { answer, labels }]) => {
    // The keys are those of the variables, one by one.
    const { default: value, desc } = VARIABLES[name as keyof typeof VARIABLES];
    const shown = value === undefined ? '–' : `\`${value}\``;
    const counted = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${shown} | ${desc} | ${answer} | ${counted} |`;
  });
  const head = '| name | default | what | answer | label |';
  return [head, '|---|---|---|---|---|', ...rows, ''].join('\n');
}

suite('the page of limits', () => {
  const page = readFileSync(PAGE, 'utf8');

  test('names every variable, as it is', () => {
    const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
    if (process.env.UPDATE_LIMITS === '1') {
      writeFileSync(PAGE, page.slice(0, from) + table() + page.slice(to));
      return;
    }
    assert.equal(page.slice(from, to), table());
  });

  test('names the labels that are counted, and no other', () => {
    const sources = globSync('src/worker/**/*.ts').map((path) => readFileSync(path, 'utf8'));
    const named = [...page.matchAll(/`([a-z_]+)`(?= \||, `)/g)].map(([, label = '']) => label);
    for (const label of named) {
      assert.ok(
        sources.some((source) => source.includes(`'${label}'`)),
        `${label} is counted nowhere`,
      );
    }
    const counted = sources.flatMap((source) =>
      [...source.matchAll(/refuse\('([a-z_]+)'\)/g)].map(([, label = '']) => label),
    );
    assert.ok(counted.length > 5);
    for (const label of counted) assert.ok(named.includes(label), `${label} is not on the page`);
  });
});
