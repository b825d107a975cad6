import { memo } from 'preact/compat';
import type { CommandFrame, EventFrame, GapFrame, LogFrame, RewoundFrame } from '../api/wire.js';
import { detailsOf, operandsOf, outcomeOf } from '../model/words.js';

/** One row of the log. A frame never changes, so neither does its row. */
export const EventRow = memo(function EventRow({ frame }: { readonly frame: LogFrame }) {
  switch (frame.type) {
    case 'command':
      return <CommandRow frame={frame} />;
    case 'event':
      return <MmuEventRow frame={frame} />;
    case 'rewound':
      return <RewoundRow frame={frame} />;
    case 'gap':
      return <GapRow frame={frame} />;
  }
});

function CommandRow({ frame }: { readonly frame: CommandFrame }) {
  const { seq, vcpu, command, outcome } = frame;
  return (
    <li class="event event-command" data-seq={seq} data-kind={command.kind}>
      <span class="event-seq">{seq}</span>
      <span class="event-vcpu">{vcpu}</span>
      <span class="event-kind">{command.kind}</span>
      <span class="event-details">{operandsOf(frame)}</span>
      <span class={`outcome outcome-${outcome.kind}`}>{outcomeOf(outcome)}</span>
    </li>
  );
}

function MmuEventRow({ frame: { seq, vcpu, event, causedBy } }: { readonly frame: EventFrame }) {
  const cause = causedBy === undefined || causedBy === null ? undefined : `caused by ${causedBy}`;
  return (
    <li class={`event about-${event.kind}`} data-seq={seq} data-kind={event.kind} title={cause}>
      <span class="event-seq">{seq}</span>
      <span class="event-vcpu">{vcpu}</span>
      <span class="event-kind">{event.kind}</span>
      <span class="event-details">{detailsOf(event)}</span>
    </li>
  );
}

function RewoundRow({ frame: { seq, snapshot, to } }: { readonly frame: RewoundFrame }) {
  return (
    <li class="event event-rewound" data-seq={seq} data-kind="rewound">
      <span class="event-seq">{seq}</span>
      <span class="event-kind">rewound</span>
      <span class="event-details">
        {snapshot === null ? 'to its configuration' : `to snapshot ${snapshot}, taken at ${to}`}
      </span>
    </li>
  );
}

function GapRow({ frame: { from, to } }: { readonly frame: GapFrame }) {
  return (
    <li class="event event-gap" data-gap={`${from}-${to}`}>
      <span class="event-seq">{from}</span>
      <span class="event-details">
        {to - from + 1} not received: seq {from} to {to}
      </span>
    </li>
  );
}
