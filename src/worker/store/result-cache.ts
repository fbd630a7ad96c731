import type { Redis } from 'ioredis';

import type { Logger } from '../../shared/logger.ts';
import { type Guard, isShaped } from '../../shared/shape.ts';
import type { ContentBlock } from '../domain/content.ts';
import type { ToolResult } from '../domain/tool-result.ts';
import { KeptValues } from './kept-values.ts';
import { parseJson } from './parse-json.ts';
import { SingleFlight } from './single-flight.ts';

/** Many of them have to fit into Redis. A larger one is shared within its worker, and not kept. */
const RESULT_BYTES_MAX = 1_048_576;

export interface ResultCacheOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  /** See `SingleFlightOptions`. */
  readonly flightsMax?: number;
  readonly log: Logger;
}

/** Results of tools in Redis, as JSON. It implements `ResultCache`. */
export function openResultCache({
  redis,
  prefix,
  ...options
}: ResultCacheOptions): SingleFlight<ToolResult> {
  const kept = new KeptValues({ redis, prefix: `${prefix}result:`, log: options.log });
  return new SingleFlight({ ...options, kept, write: writeResult, read: readResult });
}

function writeResult(result: ToolResult): string | undefined {
  const text = JSON.stringify(result);
  return Buffer.byteLength(text) > RESULT_BYTES_MAX ? undefined : text;
}

// Each was the result of a tool before it was written.
const isContent: Guard<readonly ContentBlock[]> = (value) => Array.isArray(value);
const isResult: Guard<ToolResult> = isShaped({ content: isContent });

function readResult(text: string): ToolResult | undefined {
  const found = parseJson(text);
  return isResult(found) ? found : undefined;
}
