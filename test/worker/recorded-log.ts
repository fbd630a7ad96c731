import type { Logger } from '../../src/shared/logger.ts';

/** A line as it was logged. */
export interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: object | undefined;
}

/** A logger whose lines can be read. */
export function recordLog(): { readonly log: Logger; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const at =
    (level: keyof Logger): Logger[keyof Logger] =>
    (message, fields) => {
      lines.push({ level, message, fields });
    };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}
