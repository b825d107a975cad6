import type { ComponentChildren } from 'preact';
import { openTerm } from './dialogs.js';

/** Words of docs/glossary.md that the page explains where they stand. */
export const TERMS = [
  'flush',
  'policy',
  'previous root',
  'request',
  'root',
  'root cache',
  'slot',
  'violation',
] as const;
export type TermWord = (typeof TERMS)[number];

interface Props {
  readonly word: TermWord;
  readonly children: ComponentChildren;
}

/** A word that explains itself when it is pressed. */
export function Term({ word, children }: Props) {
  return (
    <button type="button" class="term" onClick={() => openTerm(word)}>
      {children}
    </button>
  );
}
