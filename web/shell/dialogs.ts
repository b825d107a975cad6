import { signal } from '@preact/signals';

/** The dialog of the shell that is open; `text` is what is typed into the list at first. */
export type OpenDialog =
  | { readonly kind: 'none' }
  | { readonly kind: 'help' }
  | { readonly kind: 'new-vm' }
  | { readonly kind: 'lines' }
  | { readonly kind: 'term'; readonly word: string }
  | { readonly kind: 'palette'; readonly text: string };

export const dialog = signal<OpenDialog>({ kind: 'none' });

export function openHelp(): void {
  dialog.value = { kind: 'help' };
}

/** @param word A term of the glossary. */
export function openTerm(word: string): void {
  dialog.value = { kind: 'term', word };
}

export function openNewVm(): void {
  dialog.value = { kind: 'new-vm' };
}

/** Offers the lines that can be taken out of KVM. */
export function openLines(): void {
  dialog.value = { kind: 'lines' };
}

/** @param text Typed at first: `>` keeps to commands. */
export function openPalette(text: string): void {
  dialog.value = { kind: 'palette', text };
}

export function closeDialog(): void {
  dialog.value = { kind: 'none' };
}
