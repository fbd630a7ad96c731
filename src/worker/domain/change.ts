/** Something an agent may have kept a copy of and should look at again: a list, or the contents of one resource. */
export type Change =
  | { readonly list: 'tools' | 'prompts' | 'resources' }
  | { readonly resource: string };
