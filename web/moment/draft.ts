import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';

/**
 * Properties of a field that keeps what is being typed, however often the picture around it is drawn
 * anew.
 *
 * @param value The value while nobody types.
 * @param onText Takes the text when it is done.
 */
export function useDraft(value: string | number, onText: (text: string) => void) {
  const draft = useSignal<string | null>(null);
  return {
    value: draft.value ?? value,
    onInput({ currentTarget }: TargetedEvent<HTMLInputElement>) {
      draft.value = currentTarget.value;
    },
    onChange({ currentTarget }: TargetedEvent<HTMLInputElement>) {
      draft.value = null;
      onText(currentTarget.value);
    },
  };
}
