import type { Moment } from '../model/moments.js';
import { stepsOf } from '../model/steps.js';
import { useDraft } from './draft.js';

interface Props {
  readonly moment: Moment;
  readonly onSeek: (seq: number) => void;
}

/** Buttons that step by an event and by a command, and the number of the moment. */
export function Stepper({ moment, onSeek }: Props) {
  const { seq, head, oldest } = moment;
  const { back, on, commandBack, commandOn } = stepsOf(moment);
  const draft = useDraft(seq, (text) => {
    const to = Number(text);
    if (text !== '' && Number.isInteger(to)) onSeek(Math.min(Math.max(to, oldest), head));
  });
  const step = (to: number, text: string, sign: string) => (
    <button
      type="button"
      class="step"
      aria-label={text}
      title={text}
      disabled={to === seq}
      onClick={() => onSeek(to)}
    >
      {sign}
    </button>
  );
  return (
    <div class="stepper">
      {step(commandBack, 'The command before', '«')}
      {step(back, 'The event before', '‹')}
      <label class="inline-field">
        <span class="reader-only">Moment</span>
        <span aria-hidden="true">@</span>
        <input class="stepper-seq" type="number" min={oldest} max={head} {...draft} />
      </label>
      <span class="stepper-head">of {head}</span>
      {step(on, 'The event behind', '›')}
      {step(commandOn, 'The command behind', '»')}
    </div>
  );
}
