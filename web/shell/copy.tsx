import { useSignal } from '@preact/signals';

interface Props {
  readonly text: string;
  readonly words: string;
  /** Advice for a browser that does not let the page copy. */
  readonly otherwise?: string;
}

/** A button that copies a text, and beside it what came of that. */
export function CopyButton({ text, words, otherwise }: Props) {
  const said = useSignal('');
  const copy = async () => {
    said.value = await copied(text, otherwise);
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        {words}
      </button>
      <span role="status" class="hint">
        {said}
      </span>
    </>
  );
}

/**
 * Copies a text. A browser has no clipboard for a page that came over plain HTTP from elsewhere.
 *
 * @returns What came of it, in words.
 */
export async function copied(text: string, otherwise?: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied';
  } catch {
    const refused = 'Cannot copy: the browser does not allow it';
    return otherwise === undefined ? refused : `${refused}; ${otherwise}`;
  }
}
