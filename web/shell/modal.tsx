import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { closeDialog } from './dialogs.js';

interface Props {
  readonly label: string;
  readonly kind: string;
  readonly children: ComponentChildren;
}

/** A dialog above the page. The browser keeps the focus in it, and closes it with Escape. */
export function Modal({ label, kind, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  // At once, and not behind the next frame: what is typed meanwhile belongs to it.
  useLayoutEffect(() => {
    const shown = element.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the browser closes it with Escape
    <dialog
      ref={element}
      class={`modal modal-${kind}`}
      aria-label={label}
      onClose={closeDialog}
      onClick={({ target, currentTarget }) => {
        // Its content fills it, so that a click on itself is one on the backdrop.
        if (target === currentTarget) closeDialog();
      }}
    >
      <div class="modal-content">{children}</div>
    </dialog>
  );
}
