import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { WireApplied } from '../api/wire.js';
import { detailsOf, outcomeOf } from '../model/words.js';
import { copied } from '../shell/copy.js';
import { momentHref } from '../shell/links.js';
import type { Answer, Entry } from './session.js';

/** Events of an answer that are shown; the others are in its moment. */
const EVENTS_SHOWN = 50;

interface Props {
  readonly vm: string;
  readonly entries: readonly Entry[];
}

/** The lines that were sent, each with its curl and its answer. */
export function EntryList({ vm, entries }: Props) {
  const log = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (entries.length > 0) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [entries]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys
    <section class="console-log" ref={log} tabIndex={0} aria-label="Answers" aria-live="polite">
      {entries.length === 0 && <p class="hint">No command was sent from here yet.</p>}
      {entries.map((entry) => (
        <EntryView key={entry.id} vm={vm} entry={entry} />
      ))}
    </section>
  );
}

function EntryView({
  vm,
  entry: { line, curl, answer },
}: {
  readonly vm: string;
  readonly entry: Entry;
}) {
  return (
    <article class="console-entry">
      <p class="console-line">{line}</p>
      {curl !== null && <Curl text={curl} />}
      <AnswerView vm={vm} answer={answer} />
    </article>
  );
}

function Curl({ text }: { readonly text: string }) {
  const said = useSignal('Copy');
  const copy = async () => {
    said.value = await copied(text);
  };
  return (
    <p class="console-curl">
      <code>{text}</code>
      <button type="button" class="seq-link" onClick={() => void copy()}>
        {said}
      </button>
    </p>
  );
}

function AnswerView({ vm, answer }: { readonly vm: string; readonly answer: Answer }) {
  switch (answer.kind) {
    case 'busy':
      return <p class="hint">Sent</p>;
    case 'refused':
      return <p class="failure">{answer.reason}</p>;
    case 'done':
      return <Applied vm={vm} applied={answer.applied} />;
  }
}

function Applied({ vm, applied }: { readonly vm: string; readonly applied: WireApplied }) {
  const { seq, outcome, events } = applied;
  const more = events.length - EVENTS_SHOWN;
  return (
    <>
      <p class="console-outcome" data-outcome={outcome.kind}>
        {outcomeOf(outcome)}
      </p>
      <ol class="console-events">
        {events.slice(0, EVENTS_SHOWN).map((frame) => (
          <li key={frame.seq}>
            <a href={momentHref(vm, frame.seq)}>@{frame.seq}</a> <b>{frame.event.kind}</b>{' '}
            {detailsOf(frame.event)}
          </li>
        ))}
      </ol>
      {more > 0 && (
        <p>
          <a href={momentHref(vm, seq)}>@{seq}</a> has {more} more events
        </p>
      )}
      {events.length === 0 && (
        <p>
          No event; <a href={momentHref(vm, seq)}>@{seq}</a>
        </p>
      )}
    </>
  );
}
