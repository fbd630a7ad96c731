/** How every client answers what it is asked: the user, the model and the folders of all of them are the same. */

/** What a form asks of the user, as far as it matters for filling it in. */
interface Form {
  readonly message: string;
  readonly requestedSchema?: { readonly properties: object };
}

/** A user who is told this says no. */
export const IMPERTINENT = 'What does your bank account hold?';

const FIELDS: Readonly<Record<string, string | boolean>> = {
  username: 'ada',
  email: 'ada@example.com',
  name: 'Ada',
  color: 'green',
  context: 'a garden',
};

/** The user fills in a form. */
export function fillIn({ message, requestedSchema = { properties: {} } }: Form) {
  if (message === IMPERTINENT) return { action: 'decline' } as const;
  const asked = Object.keys(requestedSchema.properties);
  const content = Object.fromEntries(asked.map((name) => [name, FIELDS[name] ?? 'nothing']));
  return { action: 'accept', content } as const;
}

/** The model says what it was asked. */
export function think({
  messages,
}: {
  readonly messages: readonly { readonly content: unknown }[];
}) {
  const text = `You asked: ${JSON.stringify(messages.map(({ content }) => content))}`;
  return { model: 'parrot', role: 'assistant', content: { type: 'text', text } } as const;
}

/** The folders that the agent works in. */
export const ROOTS = { roots: [{ uri: 'file:///home/ada/garden', name: 'garden' }] };
