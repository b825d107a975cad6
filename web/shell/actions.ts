import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** An act that the page offers: by a key, in the list of commands, or by both. */
export interface Action {
  /** Words for the list of commands and for the help. */
  readonly text: string;
  /**
   * A key as `KeyboardEvent.key` has it, a letter in lower case; `g x` is one key behind another,
   * `Shift+ArrowLeft` one with Shift.
   */
  readonly key?: string;
  /** Of the help: whose keys these are. */
  readonly group: string;
  /** Whether it is a command as well; a key that moves by a step is none. */
  readonly isCommand?: boolean;
  readonly run: () => void;
}

const sets: Signal<readonly (readonly Action[])[]> = signal([]);

/** Every act that can be done now: those of the shell first, then those of the page. */
export const actions: ReadonlySignal<readonly Action[]> = computed(() => sets.value.flat());

/** Offers acts as long as the component is there. They must not change from one draw to the next. */
export function useActions(offered: readonly Action[]): void {
  useEffect(() => offer(offered), [offered]);
}

/** @returns A function that takes the offer back. */
export function offer(offered: readonly Action[]): () => void {
  sets.value = [...sets.value, offered];
  return () => {
    sets.value = sets.value.filter((one) => one !== offered);
  };
}

/** Milliseconds within which the second key of two has to follow. */
const SECOND_KEY_MS = 1500;

/** Runs the act of a key. Keys in a field, in a dialog and with Ctrl, Alt or Meta are not ours. */
export function listenForKeys(): void {
  let first: { readonly key: string; readonly at: number } | null = null;
  addEventListener('keydown', (event) => {
    if (isOfSomeoneElse(event)) return;
    const key = keyOf(event);
    const isSecond = first !== null && event.timeStamp - first.at < SECOND_KEY_MS;
    const pressed = isSecond ? `${first?.key} ${key}` : key;
    first = null;
    // A page that has the key of the shell takes precedence.
    const action = actions.value.findLast((one) => one.key === pressed);
    if (action !== undefined) {
      event.preventDefault();
      action.run();
    } else if (actions.value.some((one) => one.key?.startsWith(`${pressed} `))) {
      first = { key: pressed, at: event.timeStamp };
    }
  });
}

function keyOf({ key, shiftKey }: KeyboardEvent): string {
  if (key.length === 1) return key.toLowerCase();
  return shiftKey ? `Shift+${key}` : key;
}

function isOfSomeoneElse(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('dialog, input, select, textarea')) return true;
  // A link and a button have Enter and Space for themselves.
  const isPress = event.key === 'Enter' || event.key === ' ';
  return isPress && target?.closest('a, button, summary') !== null && target !== null;
}
