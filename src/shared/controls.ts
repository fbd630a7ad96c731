/** Characters that would have a terminal do something: those of C0 and C1, and those that turn the direction of text. */
export const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
