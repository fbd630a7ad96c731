/** `${NAME}`, or `${NAME:-what stands for it where it is not set}`. */
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** A text with the values of variables in it. */
export interface Expanded {
  readonly text: string;
  /** Each value that was put in, and the name of its variable. */
  readonly used: readonly (readonly [name: string, value: string])[];
  /** Variables that are not set, and have nothing to stand for them. */
  readonly missing: readonly string[];
}

/** Puts variables into a text, in the words of a shell. What is empty counts as not set where something stands for it. */
export function expand(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Expanded {
  const used: [string, string][] = [];
  const missing: string[] = [];
  const expanded = text.replaceAll(
    VARIABLE,
    (_all, name: string, otherwise: string | undefined) => {
      const value = environment[name];
      if (otherwise !== undefined && (value === undefined || value === '')) return otherwise;
      if (value === undefined) {
        missing.push(name);
        return '';
      }
      used.push([name, value]);
      return value;
    },
  );
  return { text: expanded, used, missing };
}
