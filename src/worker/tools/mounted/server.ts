/** What a server is mounted by, as its file says, with all variables put in. */
interface Terms {
  /** What operators call it. */
  readonly name: string;
  /** What the names of its tools begin with here. */
  readonly prefix: string;
  /** Its tools that are served, by the names that it gives them. All, if absent. */
  readonly tools: ReadonlySet<string> | undefined;
  /** The scope a caller of any of them must hold. */
  readonly scope: string | undefined;
  /** How long a call may take. */
  readonly timeoutMs: number | undefined;
  /** What it was given to show who we are. Struck out of all that it says. */
  readonly secrets: readonly string[];
  /** Everything that it was given beside. Struck out of what is logged of it. */
  readonly given: readonly string[];
}

/** A program that we start, and talk to over its pipes (2025-11-25, basic/transports, stdio). */
export interface StdioServer extends Terms {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** All that it finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A server that runs elsewhere (2025-11-25, basic/transports, Streamable HTTP). */
export interface HttpServer extends Terms {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Another server, whose tools are served as if they were ours. */
export type MountedServer = StdioServer | HttpServer;
