/** A terminal that is a text, for commands that are run in this process. */
import type { Surroundings } from '../../src/cli/surroundings.ts';

export interface Terminal extends Surroundings {
  /** What was printed since it was last asked. */
  readonly printed: () => string;
  readonly complained: () => string;
}

export interface TerminalOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly workingFolder?: string;
  /** Absent: what is printed is for a program. */
  readonly columns?: number;
}

/** Opens one, on which nothing is coloured. */
export function openTerminal({
  env = {},
  workingFolder = '/',
  columns,
}: TerminalOptions = {}): Terminal {
  const said = { print: '', complain: '' };
  const take = (what: keyof typeof said): string => {
    const { [what]: text } = said;
    said[what] = '';
    return text;
  };
  return {
    env,
    workingFolder,
    columns,
    print: (text) => (said.print += text),
    complain: (text) => (said.complain += text),
    paint: (_format, text) => text,
    printed: () => take('print'),
    complained: () => take('complain'),
  };
}
