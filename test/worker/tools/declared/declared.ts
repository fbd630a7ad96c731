/** Tools as YAML declares them, and a Postgres that they ask. */
import assert from 'node:assert/strict';

import { silent } from '../../../../src/shared/logger.ts';
import type { Fault } from '../../../../src/shared/proof.ts';
import { contextDuring } from '../../../../src/worker/domain/context.ts';
import type { DatabaseSource } from '../../../../src/worker/domain/database.ts';
import type { ToolResult } from '../../../../src/worker/domain/tool-result.ts';
import { openClient, openPool } from '../../../../src/worker/store/pool.ts';
import { PooledDatabase } from '../../../../src/worker/store/tool-database/pooled-database.ts';
import { parseDocuments } from '../../../../src/worker/tools/declared/document.ts';
import { declareTool } from '../../../../src/worker/tools/declared/tool.ts';
import { LoadFailure } from '../../../../src/worker/tools/load/load-failure.ts';
import { createToolRegistry } from '../../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../../src/worker/tools/tool.ts';
import { createDatabase } from '../../../postgres.ts';
import { callTool, contextOf, entryOf, noFacilities, runCall } from '../tool-context.ts';

const FILE = 'tools.yaml';
const SCHEMA = 'shop';

/** The tool of a text. */
export function declare(text: string): Tool {
  const [document] = parseDocuments(text, FILE);
  assert.ok(document !== undefined);
  return declareTool(document, { environment: {}, log: silent });
}

/** What is wrong with a text, as `line:column message`. */
export function faultsOf(text: string): readonly string[] {
  try {
    for (const document of parseDocuments(text, FILE)) {
      declareTool(document, { environment: {}, log: silent });
    }
  } catch (error) {
    return faultsIn(error);
  }
  return [];
}

/** What a failure says is wrong, as `line:column message`. */
export function faultsIn(thrown: unknown): readonly string[] {
  assert.ok(thrown instanceof LoadFailure, String(thrown));
  return thrown.faults.map((fault: Fault) => {
    assert.equal(fault.file, FILE);
    return `${fault.line}:${fault.column} ${fault.message}`;
  });
}

/** A tool that answers with what one statement returns. */
export function sqlTool(sql: string, more = ''): string {
  const lines = sql.split('\n').map((line) => `  ${line}`);
  return `name: ask\ndescription: Asks.\nkind: sql\n${more}sql: |\n${lines.join('\n')}\n`;
}

/** Calls one tool. */
export type Call = (
  given: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
) => Promise<ToolResult>;

/** A schema of tables, and ways to call tools that use them. */
export interface Shop extends AsyncDisposable {
  readonly source: DatabaseSource;
  /** Runs SQL beside the tools. */
  readonly run: (sql: string) => Promise<readonly unknown[]>;
  readonly call: (
    text: string,
    given: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ) => Promise<ToolResult>;
  /** The same, for a tool that is called more than once. */
  readonly open: (text: string) => Call;
  /** What loading finds out, and reading alone does not. */
  readonly prove: (text: string) => Promise<readonly string[]>;
}

/** Opens a database whose schema `shop` is made by these statements. */
export async function openShop(tables: string): Promise<Shop> {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await createDatabase());
  const admin = opening.adopt(await openClient(url), (client) => client.end());
  await admin.query(`create schema ${SCHEMA}; set search_path to ${SCHEMA}; ${tables}`);
  const options = { deadlineMs: 10_000, report: () => undefined, log: silent };
  const { pool } = opening.use(await openPool({ url, connectionsMax: 4, ...options }));
  const source = new PooledDatabase(pool, SCHEMA);
  const facilities = { ...noFacilities, db: source };
  const opened = opening.move();
  const open = (text: string): Call => {
    const tool = declare(text);
    const registered = createToolRegistry([entryOf(tool, facilities)]).find(tool.name);
    assert.ok(registered !== undefined);
    return async (given, signal = new AbortController().signal) =>
      callTool(registered, given, contextOf({ cancellation: signal }), runCall);
  };
  return {
    source,
    run: async (sql) => (await admin.query<Record<string, unknown>>(sql)).rows,
    open,
    call: (text, ...asked) => open(text)(...asked),
    async prove(text) {
      const { selfTest } = declare(text);
      assert.ok(selfTest !== undefined);
      const { signal } = new AbortController();
      const context = contextDuring(
        contextOf(),
        { signal, cancellation: signal, waitFor: (it) => it },
        facilities,
      );
      try {
        await selfTest(() => Promise.reject(new Error('It calls nothing')), context);
      } catch (error) {
        return faultsIn(error);
      }
      return [];
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
