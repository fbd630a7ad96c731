/** What a model reads at every turn is to be short. */
const LENGTH_MAX = 8_192;
/** Deeper than a schema may be, which says so itself. */
const DEPTH_MAX = 100;

/** Characters that a person does not see and a model reads, or that make a person see something else, by what they are. */
const FLAWS: readonly (readonly [RegExp, string])[] = [
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  [/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/u, 'a control character'],
  [
    /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u,
    'a character that turns the direction of text',
  ],
  [/[\u{E0000}-\u{E007F}]/u, 'a tag character'],
  [
    /[\u00AD\u180E\u200B\u2028\u2029\u2060-\u2064\u206A-\u206F\uFEFF\uFFF9-\uFFFB]/u,
    'an invisible character',
  ],
  // Letters and marks of some scripts, in which nothing is to be seen.
  [/\u034F|[\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]/u, 'an invisible character'],
  [/[\uFE00-\uFE0D]|[\u{E0100}-\u{E01EF}]/u, 'an invisible character'],
  // They say whether a sign is a picture.
  [/(?<!\p{Emoji})[\uFE0E\uFE0F]/u, 'an invisible character'],
  // Some scripts, and pictures made of several, need them between their characters.
  [
    /(?<![\p{L}\p{M}\p{Emoji}\u{FE0F}])[\u200C\u200D]|[\u200C\u200D](?![\p{L}\p{M}\p{Emoji}])/u,
    'an invisible character',
  ],
  [/[a-z0-9][\u200C\u200D]|[\u200C\u200D][a-z0-9]/iu, 'an invisible character'],
  [/[\uD800-\uDFFF]/u, 'half a character'],
];

/** Says what is wrong with a text that models and people are to read; nothing if it is as it seems. */
export function findTextFlaw(text: string): string | undefined {
  if (text.length > LENGTH_MAX) return `more than ${LENGTH_MAX} characters`;
  return FLAWS.find(([pattern]) => pattern.test(text))?.[1];
}

/** Looks at every text in a value, such as what `tools/list` shows of a tool: names of fields, too. Says where, and what. */
export function findFlawWithin(value: unknown, path = '', depth = 0): string | undefined {
  if (typeof value === 'string') {
    const flaw = findTextFlaw(value);
    return flaw === undefined ? undefined : `${path} has ${flaw}`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > DEPTH_MAX) return 'it is nested too deeply';
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const flaw = findTextFlaw(name);
    const found =
      flaw === undefined ? findFlawWithin(inner, at, depth + 1) : `a name in ${path} has ${flaw}`;
    if (found !== undefined) return found;
  }
  return undefined;
}
