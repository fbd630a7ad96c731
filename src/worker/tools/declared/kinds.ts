import { HTTP } from './http.ts';
import type { DeclaredKind } from './kind.ts';
import { SQL } from './sql.ts';

/** What `kind` may say. */
export const KINDS: Readonly<Record<string, DeclaredKind>> = { http: HTTP, sql: SQL };
