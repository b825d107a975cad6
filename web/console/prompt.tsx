import { useSignal } from '@preact/signals';
import { useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { type Completion, completionsOf } from './completions.js';
import { createRecall } from './recall.js';
import type { Session } from './session.js';
import { standingOf } from './standing.js';

/** Id of the field. */
export const PROMPT = 'console-prompt';

/** Characters of a line at most. */
const LINE_MAX = 20_000;

interface Props {
  readonly session: Session;
  readonly vendor: string;
}

/** The line that is typed, the ways to go on with it, and what keys do to it. */
function useLine({ session, vendor }: Props, focus: () => void) {
  const text = useSignal('');
  const picked = useSignal(0);
  const recall = useMemo(createRecall, []);
  const state = session.states.value.find(({ vcpu }) => vcpu === session.vcpu.value);
  const found = completionsOf(text.value, session.shapes.value, (kind) =>
    state === undefined ? null : standingOf(kind, state, vendor),
  );
  const at = Math.min(picked.value, found.length - 1);
  const pick = (index: number) => {
    picked.value = Math.max(Math.min(index, found.length - 1), 0);
  };
  const write = (line: string) => {
    text.value = line;
    picked.value = 0;
    focus();
  };
  const send = () => {
    const line = text.value.trim();
    if (line === '' || session.shapes.value.length === 0) return;
    recall.keep(line);
    write('');
    void session.run(line);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowUp: () => write(recall.earlier(text.value)),
    ArrowDown: () => write(recall.later(text.value)),
    'Alt+ArrowUp': () => pick(at - 1),
    'Alt+ArrowDown': () => pick(at + 1),
    Enter: send,
  };
  const onKey = (event: KeyboardEvent) => {
    const isTab = event.key === 'Tab' && !event.shiftKey;
    const completion = isTab && text.value !== '' ? found[at] : undefined;
    // Where there is nothing to complete, Tab goes on to the next control.
    const act = completion
      ? () => write(completion.line)
      : keys[`${event.altKey ? 'Alt+' : ''}${event.key}`];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return { text: text.value, found, at, write, onKey };
}

/** The line of the console, and the ways to go on with it. */
export function Prompt(props: Props) {
  const { session } = props;
  const field = useRef<HTMLInputElement>(null);
  const { text, found, at, write, onKey } = useLine(props, () => field.current?.focus());
  const list = useId();
  useLayoutEffect(() => field.current?.focus(), []);
  return (
    <div class="console-prompt">
      <input
        ref={field}
        id={PROMPT}
        type="text"
        role="combobox"
        aria-label={`Command for vCPU ${session.vcpu.value}`}
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={at >= 0 ? `${list}-${at}` : undefined}
        placeholder="mov-cr3 value=0x100000"
        autocomplete="off"
        spellcheck={false}
        maxLength={LINE_MAX}
        value={text}
        onInput={({ currentTarget }) => write(currentTarget.value)}
        onFocus={() => void session.look()}
        onKeyDown={onKey}
      />
      <div class="console-list" role="listbox" id={list} aria-label="Completions">
        {found.map((one, index) => (
          <Row
            key={one.line}
            id={`${list}-${index}`}
            completion={one}
            isPicked={index === at}
            onTake={() => write(one.line)}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly completion: Completion;
  readonly isPicked: boolean;
  readonly onTake: () => void;
}

function Row({ id, completion: { word, note, rank }, isPicked, onTake }: RowProps) {
  const row = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (isPicked) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isPicked]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys of the list
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field above
    <div ref={row} id={id} role="option" aria-selected={isPicked} data-rank={rank} onClick={onTake}>
      <span class="console-word">{word}</span>
      <span class="find-note">{note}</span>
    </div>
  );
}
