import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { rowsOf, seqOf } from '../model/event-log.js';
import type { Watch } from '../model/watch.js';
import { EventRow } from './event-row.js';
import { FirstCommand } from './first-command.js';
import { useFollowedEnd } from './follow-end.js';

interface Props {
  readonly id: string;
  readonly watch: Watch;
}

/**
 * The log of commands and events, oldest first like a kernel trace. It follows the end until it is
 * scrolled up, and then holds still so that it can be read.
 */
export function EventList({ id, watch }: Props) {
  const filter = useSignal('');
  const { scroller, following, toEnd, onScroll } = useFollowedEnd();
  const held = useRef(watch.log.value);
  if (following.value || watch.log.value.length === 0) held.current = watch.log.value;
  const rows = rowsOf(held.current, filter.value);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <div class="events-head">
        <h2 class="panel-title" id="events-title">
          Events
        </h2>
        <input
          class="filter"
          type="search"
          placeholder="Filter by kind"
          aria-label="Filter by kind"
          value={filter.value}
          onInput={({ currentTarget }) => {
            filter.value = currentTarget.value;
          }}
        />
        <button class="follow" type="button" disabled={following.value} onClick={toEnd}>
          {following.value ? 'Following' : 'To the end'}
        </button>
      </div>
      {held.current.length === 0 ? (
        <FirstCommand id={id} />
      ) : (
        <div
          ref={scroller}
          class="event-list"
          role="log"
          aria-live="off"
          aria-labelledby="events-title"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller must be reachable by keyboard
          tabIndex={0}
          onScroll={onScroll}
        >
          <ol>
            {rows.map((frame) => (
              <EventRow key={`${frame.type}-${seqOf(frame)}`} frame={frame} />
            ))}
          </ol>
        </div>
      )}
      <p class="events-foot">
        {countOf(rows.length, held.current.length)}
        {watch.missed.value === 0 ? '' : `, ${watch.missed.value} events not received`}
        {held.current === watch.log.value ? '' : ', held while newer ones come in'}
      </p>
    </section>
  );
}

function countOf(shown: number, kept: number): string {
  return shown === kept ? `${kept} rows` : `${shown} of ${kept} rows`;
}
