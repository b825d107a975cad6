import { z } from 'zod';

/**
 * Text of a form.
 *
 * @param words The objection to other text, for its writer: `not a whole number`.
 */
export function textLike(pattern: RegExp, words: string): z.ZodString {
  return z.string({ error: objection(words) }).regex(pattern, words);
}

/** Tells an objection in words; a missing value is told to be required. */
export function objection(words: string) {
  return ({ input }: { readonly input?: unknown }) => (input === undefined ? 'required' : words);
}
