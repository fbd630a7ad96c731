/** A client of some SDK, as far as the suite is concerned. Each SDK has an adapter that makes such clients. */
export interface SdkClient extends AsyncDisposable {
  readonly era: 'legacy' | 'modern';
  /** What both sides agreed on. */
  readonly revision: string | undefined;
  /** What it was told unasked, oldest first. */
  readonly heard: readonly Notification[];
  /** What the SDK took exception to. */
  readonly troubles: readonly Error[];
  /** Names, or URIs, of all pages. */
  readonly listTools: () => Promise<readonly string[]>;
  readonly listResources: () => Promise<readonly string[]>;
  readonly listTemplates: () => Promise<readonly string[]>;
  readonly listPrompts: () => Promise<readonly string[]>;
  readonly callTool: (name: string, given?: Given, options?: CallOptions) => Promise<Answer>;
  readonly readResource: (uri: string) => Promise<readonly object[]>;
  readonly getPrompt: (name: string, given?: Texts) => Promise<readonly object[]>;
  readonly complete: (of: Completable, argument: Argument) => Promise<readonly string[]>;
  /** From then on tools say what is of this level. */
  readonly setLogLevel: (level: 'info' | 'error') => Promise<void>;
  /** Resolves if the server is there. */
  readonly ping: () => Promise<void>;
  /** Resolves once it will hear of changes of all lists, until it closes. */
  readonly hearOfLists: () => Promise<void>;
  /** Resolves once it will hear of changes of a resource, which ends when that is disposed of. */
  readonly watch: (uri: string) => Promise<AsyncDisposable>;
}

/** What a client is told unasked. */
export interface Notification {
  readonly method: string;
  readonly params?: Given | undefined;
}

type Given = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: number) => void;
}

/** What values are wanted for. */
export type Completable =
  | { readonly type: 'ref/prompt'; readonly name: string }
  | { readonly type: 'ref/resource'; readonly uri: string };

interface Argument {
  readonly name: string;
  readonly value: string;
}

/** What a call came to. */
export interface Answer {
  readonly kinds: readonly string[];
  readonly texts: readonly string[];
  readonly structured: unknown;
  readonly isError: boolean;
}

export interface ConnectOptions {
  readonly port: number;
  /** Whether the server may ask it something. */
  readonly isAskable: boolean;
}

/** Makes a client that is connected. */
export type Connect = (options: ConnectOptions) => Promise<SdkClient>;

/** What a result comes to. */
export function answerOf({ content, structuredContent, isError }: Given): Answer {
  const pieces: readonly { readonly type: string; readonly text?: string }[] = Array.isArray(
    content,
  )
    ? content
    : [];
  return {
    kinds: pieces.map(({ type }) => type),
    texts: pieces.flatMap(({ text }) => (text === undefined ? [] : [text])),
    structured: structuredContent,
    isError: isError === true,
  };
}

/** Walks through a list, page by page. */
export async function allPages<Page extends { readonly nextCursor?: string | undefined }, Entry>(
  turnTo: (place: { readonly cursor?: string }) => Promise<Page>,
  entriesOf: (page: Page) => readonly Entry[],
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await turnTo(cursor === undefined ? {} : { cursor });
    entries.push(...entriesOf(page));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return entries;
}
