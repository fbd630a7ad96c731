/** Secrets that can be recognized, in whatever form they turn up. */

export interface Canary {
  readonly name: string;
  readonly secret: string;
  /** Where it belongs. */
  readonly belongsIn?: readonly string[];
}

/** Somewhere that secrets may come to, and all that is there. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

/** Base64 is of three bytes each, and what begins with the second looks otherwise. */
const OFFSETS = [0, 1, 2] as const;

/** A secret, as it is and as it may be written elsewhere. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = OFFSETS.flatMap((offset) => {
    // What is left over at the end depends on what follows.
    const whole = bytes.subarray(offset, offset + Math.floor((bytes.length - offset) / 3) * 3);
    return [whole.toString('base64'), whole.toString('base64url')];
  });
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inBase64,
  ];
}

/** Which secrets are where they do not belong; each told without the secret itself. */
export function findLeaks(places: readonly Place[], canaries: readonly Canary[]): string[] {
  return canaries.flatMap(({ name, secret, belongsIn = [] }) => {
    const forms = formsOf(secret);
    return places
      .filter((place) => !belongsIn.some((belongs) => place.name.startsWith(belongs)))
      .flatMap((place) => {
        const form = forms.find((each) => place.text.includes(each));
        return form === undefined ? [] : [`${name} in ${place.name}: ${around(place.text, form)}`];
      });
  });
}

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  return `${text.slice(Math.max(0, at - 150), at)}<here>${text.slice(at + form.length, at + form.length + 80)}`;
}
