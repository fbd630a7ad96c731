import { readFileSync } from 'node:fs';

import { Failure } from '../shared/errors.ts';
import { readPackage } from '../shared/package.ts';
import { isListOf, isRecordOf, isShaped, isString } from '../shared/shape.ts';
import { CommandLineAgent } from './agent.ts';
import { AskExit } from './exit-codes.ts';
import { attempt, type Surroundings } from './surroundings.ts';

export interface CallOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = '3000';
const isArguments = isRecordOf((value): value is unknown => value !== undefined);
const isText = isShaped({ type: isString, text: isString });
const hasContent = isShaped({ content: isListOf((_value): _value is unknown => true) });

/** Calls a tool as an agent would, and prints what it answers. Resolves with the exit code. */
export async function callTool(
  name: string,
  given: string,
  options: CallOptions,
  surroundings: Surroundings,
): Promise<AskExit> {
  const { env, print, complain } = surroundings;
  let failed = false;
  const code = await attempt(surroundings, async () => {
    const parsed = parseArguments(given);
    await using agent = await CommandLineAgent.begin({
      url: urlOf(options.url, env),
      token: tokenOf(options.tokenFile, env),
      version: readPackage().version,
      onNotification: (method, params) => {
        if (method === 'notifications/progress') complain(`${JSON.stringify(params)}\n`);
      },
    });
    const result = await agent.ask('tools/call', {
      name,
      arguments: parsed,
      _meta: { progressToken: name },
    });
    failed = result.isError === true;
    print(options.json === true ? `${JSON.stringify(result)}\n` : textOf(result));
  });
  return failed ? AskExit.ToolError : code;
}

function urlOf(given: string | undefined, env: NodeJS.ProcessEnv): URL {
  const host = env.MCP_HOST || DEFAULT_HOST;
  const url = URL.parse(given ?? `http://${host}:${env.MCP_PORT || DEFAULT_PORT}/mcp`);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new Failure('invalid', 'This is no address. One looks like http://127.0.0.1:3000/mcp');
}

/** A key is never an argument: everybody on the machine could read it. */
function tokenOf(file: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (file === undefined) return env.MCP_TOKEN || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Failure('invalid', `${file} cannot be read`, { cause: error });
  }
}

function parseArguments(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isArguments(parsed) && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw new Failure('invalid', 'The arguments are no JSON', { cause: error });
  }
  throw new Failure('invalid', 'The arguments are a JSON object, such as \'{"name":"Ann"}\'');
}

/** What a person would read of it. */
function textOf(result: Readonly<Record<string, unknown>>): string {
  if (!hasContent(result)) return `${JSON.stringify(result)}\n`;
  const pieces = result.content.map((piece) =>
    isText(piece) ? piece.text : JSON.stringify(piece),
  );
  return pieces.map((piece) => `${piece}\n`).join('');
}
