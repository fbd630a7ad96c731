/** What Postgres takes a piece of a statement for. */
type SqlTokenKind =
  | 'space'
  | 'comment'
  | 'word'
  /** A name in double quotes. */
  | 'quoted'
  /** A literal, in whatever quotes. */
  | 'text'
  | 'number'
  /** `$name`, which is ours: Postgres has no such thing. */
  | 'parameter'
  /** `$1`, which is Postgres'. */
  | 'positional'
  | 'symbol'
  /** A literal, a name in quotes or a comment that does not end. */
  | 'unterminated';

/** A piece of a statement. All of them together are the statement. */
export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly text: string;
  /** Where it begins. */
  readonly offset: number;
}

/**
 * What begins a token, by the lexical rules of Postgres (SQL syntax, 4.1). The first that matches is it. None of them can
 * match one text in two ways, so that no text takes longer than it is long.
 */
const STARTS: readonly (readonly [SqlTokenKind, RegExp])[] = [
  ['space', /[ \t\n\r\f\v]+/y],
  ['comment', /--[^\n\r]*/y],
  ['quoted', /"(?:[^"]|"")*"(?!")/y],
  ['unterminated', /"[^]*/y],
  ['parameter', /\$[A-Za-z_][A-Za-z0-9_]*/y],
  ['positional', /\$[0-9]+/y],
  ['word', /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y],
  ['number', /[0-9][0-9A-Za-z_.]*/y],
  ['symbol', /[^]/y],
];
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const LITERAL = /'(?:[^']|'')*'(?!')/y;
/** Behind an E a quote can be escaped by a backslash. */
const ESCAPED_LITERAL = /'(?:[^'\\]|\\[^]|'')*'(?!')/y;
const LITERAL_START = /[eE]?(?=')/y;
/** A literal goes on behind white space with a line's end in it, by the rules that it began with. */
const GOES_ON =
  /(?:[ \t\f\v]|--[^\n\r]*(?=[\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*(?=')/y;
const COMMENT_PART = /\/\*|\*\/|[^/*]+|[^]/y;

/** Divides a statement as Postgres does, with `standard_conforming_strings` as it has been since 9.1. */
export function tokenizeSql(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  let offset = 0;
  while (offset < sql.length) {
    const token = readToken(sql, offset);
    tokens.push(token);
    offset += token.text.length;
  }
  return tokens;
}

function readToken(sql: string, offset: number): SqlToken {
  const token = (kind: SqlTokenKind, end?: number): SqlToken =>
    end === undefined
      ? { kind: 'unterminated', text: sql.slice(offset), offset }
      : { kind, text: sql.slice(offset, end), offset };
  if (sql.startsWith('/*', offset)) return token('comment', endOfComment(sql, offset));
  const quote = match(DOLLAR_QUOTE, sql, offset);
  if (quote !== undefined) {
    const close = sql.indexOf(quote, offset + quote.length);
    return token('text', close < 0 ? undefined : close + quote.length);
  }
  const prefix = match(LITERAL_START, sql, offset);
  if (prefix !== undefined) return token('text', endOfLiteral(sql, offset + prefix.length, prefix));
  for (const [kind, start] of STARTS) {
    const text = match(start, sql, offset);
    if (text !== undefined) return token(kind, offset + text.length);
  }
  return token('symbol', offset + 1);
}

/** Comments lie in comments. */
function endOfComment(sql: string, offset: number): number | undefined {
  let end = offset;
  let depth = 0;
  do {
    const part = match(COMMENT_PART, sql, end);
    if (part === undefined) return undefined;
    if (part === '/*') depth += 1;
    if (part === '*/') depth -= 1;
    end += part.length;
  } while (depth > 0);
  return end;
}

function endOfLiteral(sql: string, offset: number, prefix: string): number | undefined {
  const literal = prefix === '' ? LITERAL : ESCAPED_LITERAL;
  let end = offset;
  for (;;) {
    const part = match(literal, sql, end);
    if (part === undefined) return undefined;
    end += part.length;
    const gap = match(GOES_ON, sql, end);
    if (gap === undefined) return end;
    end += gap.length;
  }
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}
