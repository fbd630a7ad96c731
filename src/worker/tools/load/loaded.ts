import type { Logger } from '../../../shared/logger.ts';
import type { Fault } from '../../../shared/proof.ts';
import type { Prompt } from '../../prompts/prompt.ts';
import type { Resource } from '../../resources/resource.ts';
import type { ObserveMounted } from '../mounted/observer.ts';
import type { Tool } from '../tool.ts';
import type { SourceFile } from './source.ts';

/** A tool, and what its file exports it as, if it is an export. */
interface LoadedTool {
  readonly tool: Tool;
  readonly exportName?: string;
}

/** Tools that come and go while they are served: those of another server. Closed with the generation they belong to. */
export interface LiveTools extends AsyncDisposable {
  /** Its name. */
  readonly source: string;
  /** Those there are now. */
  readonly tools: readonly Tool[];
  /** Calls `heed` whenever they are others, until what this returns is disposed of. */
  onChange(heed: () => void): Disposable;
}

/** What a file defines. */
export interface Loaded {
  readonly tools?: readonly LoadedTool[];
  readonly resources?: readonly Resource[];
  readonly prompts?: readonly Prompt[];
  readonly live?: readonly LiveTools[];
  /** What its author should know. */
  readonly warnings?: readonly Fault[];
}

/** What files may know of the machine they are loaded on. */
export interface LoadOptions {
  /** What definitions that are not code may refer to: credentials of theirs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Told how mounted servers are. */
  readonly observeMounted?: ObserveMounted;
}

/** Loads one file. Throws a `LoadFailure` if it is not as it should be. */
export type LoadFile = (file: SourceFile, options: LoadOptions) => Promise<Loaded>;
