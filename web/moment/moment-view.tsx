import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { RequestFailed } from '../api/client.js';
import { latest } from '../model/latest.js';
import type { Moment, Moments } from '../model/moments.js';
import { stepsOf } from '../model/steps.js';
import type { Traced } from '../model/trace.js';
import { type Action, useActions } from '../shell/actions.js';
import { AddressLook } from './address-look.js';
import { MomentEvents } from './moment-events.js';
import { StateTable } from './state-table.js';
import { Stations } from './stations.js';
import { Stepper } from './stepper.js';
import { WhyPanel } from './why-panel.js';

interface Props {
  readonly moments: Moments;
  /** The moment to show; beyond the head the head is meant. */
  readonly seq: number;
  readonly onSeek: (seq: number) => void;
  /** Commands of the trace that the VM was made of; null if of none. */
  readonly traced?: Traced | null;
  /** Links and acts of the page that the moment is on. */
  readonly children?: ComponentChildren;
}

/** One moment of a history: what happened, the vCPU on both sides, and how an address is translated. */
export function MomentView({ moments, seq, onSeek, traced = null, children }: Props) {
  const shown = useSignal<Moment | null>(null);
  const failure = useSignal<Error | null>(null);
  const vcpu = useSignal<number | null>(null);
  const ask = useMemo(
    () =>
      latest(
        ({ seq, vcpu }: { seq: number; vcpu: number | null }) => moments.moment(seq, vcpu),
        (answer) => {
          failure.value = answer instanceof Error ? answer : null;
          if (!(answer instanceof Error)) shown.value = answer;
        },
      ),
    [moments, shown, failure],
  );
  useEffect(() => ask({ seq, vcpu: vcpu.value }), [ask, seq, vcpu.value]);
  const moment = shown.value;
  useSteps(moment, onSeek);
  if (failure.value !== null) return <NoMoment failure={failure.value} onSeek={onSeek} />;
  if (moment === null) return <p class="hint moment-failure">One moment ...</p>;
  const event = moment.events.find((one) => one.seq === moment.seq)?.event ?? null;
  return (
    <section class="moment" aria-label={`Moment ${moment.seq}`} data-seq={moment.seq}>
      <div class="moment-bar">
        <Stepper moment={moment} onSeek={onSeek} />
        <VcpuChoice moment={moment} chosen={vcpu.value} onChoice={(one) => (vcpu.value = one)} />
        {children}
      </div>
      {event?.kind === 'violation' && <Stations event={event} seq={moment.seq} onSeek={onSeek} />}
      <div class="moment-parts">
        <MomentEvents moment={moment} traced={traced} onSeek={onSeek} />
        <StateTable before={moment.before} after={moment.after} event={event} />
      </div>
      {moment.command !== null && <WhyPanel moments={moments} seq={moment.seq} onSeek={onSeek} />}
      <AddressLook moments={moments} moment={moment} event={event} />
    </section>
  );
}

interface NoMomentProps {
  readonly failure: Error;
  readonly onSeek: (seq: number) => void;
}

/** The reason why there is no moment; if its history is gone, the way to what is left. */
function NoMoment({ failure, onSeek }: NoMomentProps) {
  const oldest = failure instanceof RequestFailed ? failure.oldest : null;
  return (
    <div class="failure moment-failure">
      <p>{failure.message}</p>
      {oldest !== null && (
        <button type="button" onClick={() => onSeek(oldest)}>
          The oldest moment, @{oldest}
        </button>
      )}
    </div>
  );
}

function VcpuChoice(props: {
  readonly moment: Moment;
  readonly chosen: number | null;
  readonly onChoice: (vcpu: number | null) => void;
}) {
  const { moment, chosen, onChoice } = props;
  if (moment.vcpus === 1) return null;
  return (
    <label class="inline-field">
      vCPU
      <select
        value={chosen ?? ''}
        onChange={({ currentTarget: { value } }) => onChoice(value === '' ? null : Number(value))}
      >
        <option value="">of the command ({moment.command?.vcpu ?? 0})</option>
        {Array.from({ length: moment.vcpus }, (_, index) => (
          <option key={index} value={index}>
            {index}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Offers the keys that step through the history: from the moment that is shown when one is pressed. */
function useSteps(moment: Moment | null, onSeek: (seq: number) => void): void {
  const newest = useRef(moment);
  newest.current = moment;
  const offered = useMemo((): Action[] => {
    const step = (
      key: string,
      text: string,
      to: (steps: ReturnType<typeof stepsOf>) => number,
    ) => ({
      ...{ group: 'In a moment', key, text },
      run: () => {
        if (newest.current !== null) onSeek(to(stepsOf(newest.current)));
      },
    });
    return [
      step('ArrowLeft', 'The event before', ({ back }) => back),
      step('ArrowRight', 'The event behind', ({ on }) => on),
      step('Shift+ArrowLeft', 'The command before', ({ commandBack }) => commandBack),
      step('Shift+ArrowRight', 'The command behind', ({ commandOn }) => commandOn),
    ];
  }, [onSeek]);
  useActions(offered);
}
