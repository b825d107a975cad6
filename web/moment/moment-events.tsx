import type { EventFrame } from '../api/wire.js';
import type { Moment } from '../model/moments.js';
import type { Traced } from '../model/trace.js';
import { detailsOf, operandsIn, outcomeOf } from '../model/words.js';
import { ConfidenceChip } from '../trace/confidence-chip.js';

interface Props {
  readonly moment: Moment;
  readonly traced: Traced | null;
  readonly onSeek: (seq: number) => void;
}

/** The command of a moment and what came of it, in order. */
export function MomentEvents({ moment: { seq, command, events }, traced, onSeek }: Props) {
  if (command === null) {
    return (
      <section class="panel moment-events" aria-label="Events">
        <h2 class="part-title">The beginning</h2>
        <p class="hint">No command has run yet.</p>
      </section>
    );
  }
  const known = traced?.at(command.seq);
  return (
    <section class="panel moment-events" aria-label="Events">
      <h2 class="part-title">
        <span class="event-vcpu">vCPU {command.vcpu}</span> {command.command.kind}{' '}
        <span class="operands">{operandsIn(command.command)}</span>
      </h2>
      {known && <ConfidenceChip command={known} />}
      <ol class="event-steps">
        <Step at={command.seq} chosen={seq} onSeek={onSeek}>
          <span class="step-kind">{command.command.kind}</span>
          <span class="step-details">{outcomeOf(command.outcome)}</span>
        </Step>
        {events.map((frame) => (
          <EventStep key={frame.seq} frame={frame} of={command.vcpu} chosen={seq} onSeek={onSeek} />
        ))}
      </ol>
    </section>
  );
}

interface StepProps {
  readonly at: number;
  readonly chosen: number;
  readonly onSeek: (seq: number) => void;
  readonly kind?: string;
  readonly children: preact.ComponentChildren;
}

function Step({ at, chosen, onSeek, kind, children }: StepProps) {
  return (
    <li>
      <button
        type="button"
        class="event-step"
        data-kind={kind}
        aria-current={at === chosen ? 'step' : undefined}
        onClick={() => onSeek(at)}
      >
        <span class="step-seq">{at}</span>
        {children}
      </button>
    </li>
  );
}

interface EventProps extends Pick<StepProps, 'chosen' | 'onSeek'> {
  readonly frame: EventFrame;
  /** vCPU of the command. */
  readonly of: number;
}

function EventStep({ frame: { seq, vcpu, event }, of, chosen, onSeek }: EventProps) {
  return (
    <Step at={seq} chosen={chosen} onSeek={onSeek} kind={event.kind}>
      <span class="step-kind">
        {vcpu !== of && <span class="event-vcpu">vCPU {vcpu} </span>}
        {event.kind}
      </span>
      <span class="step-details">{detailsOf(event)}</span>
    </Step>
  );
}
