import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { WireVcpu } from '../api/wire.js';
import type { Engine } from '../model/engine.js';
import { rootsText } from '../model/roots-text.js';
import { ownLines, type Side } from '../model/story.js';
import { operandsOf } from '../model/words.js';
import type { Story } from './exhibit-story.js';

interface Props {
  readonly engine: Engine;
  readonly story: Story;
  /** Index of the command. */
  readonly at: number;
  readonly last: number;
  readonly onSeek: (step: number) => void;
}

/** A step of a story: what came of it on both sides, and what the judge says. */
export function StoryStep({ engine, story, at, last, onSeek }: Props) {
  const { amiss, sound, first, spoken, finding } = story;
  const frame = amiss.commands[at] ?? sound.commands[at];
  const step = at - first + 1;
  return (
    <section class="story-step" aria-label={`Step ${step}`}>
      <div class="story-bar">
        <button type="button" disabled={at <= first} onClick={() => onSeek(step - 1)}>
          {'\u2190'} Before
        </button>
        <button type="button" disabled={at >= last} onClick={() => onSeek(step + 1)}>
          Next {'\u2192'}
        </button>
        <p role="status" class="story-now">
          {step} of {last - first + 1}:{' '}
          {frame !== undefined && (
            <>
              <b>{frame.command.kind}</b> {operandsOf(frame)}, vCPU {frame.command.vcpu}
            </>
          )}
        </p>
      </div>
      {spoken !== null && at >= spoken && (
        <p class="story-verdict">
          <b>{finding.caught?.by}</b> {finding.caught?.says}
        </p>
      )}
      <div class="story-sides">
        <SideOfStep title="With the mistake" of={amiss} beside={sound} at={at} engine={engine} />
        <SideOfStep title="Without it" of={sound} beside={amiss} at={at} engine={engine} />
      </div>
    </section>
  );
}

interface SideProps {
  readonly title: string;
  readonly of: Side;
  readonly beside: Side;
  readonly at: number;
  readonly engine: Engine;
}

function SideOfStep({ title, of, beside, at, engine }: SideProps) {
  const happening = of.happenings[at];
  const other = beside.happenings[at];
  const state = useVcpuBehind(engine, of.opened.run, happening?.seq ?? null);
  if (happening === undefined) {
    return (
      <section class="panel story-side" aria-label={title}>
        <h2>{title}</h2>
        <p class="story-crash">{of.opened.failure ?? 'It ended before this step.'}</p>
      </section>
    );
  }
  const own = ownLines(happening.events, other?.events ?? []);
  return (
    <section class="panel story-side" aria-label={title}>
      <h2>{title}</h2>
      <p data-own={happening.outcome !== other?.outcome}>outcome: {happening.outcome}</p>
      <ol class="story-events">
        {happening.events.map((line, index) => (
          // Lines of one command have no key but their place.
          <li key={index} data-own={own.has(index)}>
            {line}
          </li>
        ))}
      </ol>
      {happening.events.length === 0 && <p class="hint">No event.</p>}
      {state !== null && <State state={state} />}
    </section>
  );
}

function State({ state }: { readonly state: WireVcpu }) {
  return (
    <dl class="parting-state">
      <div>
        <dt>root_mmu</dt>
        <dd>{rootsText(state.rootMmu)}</dd>
      </div>
      <div>
        <dt>guest_mmu</dt>
        <dd>{rootsText(state.guestMmu)}</dd>
      </div>
      <div>
        <dt>requests</dt>
        <dd>{state.requests.join(' ') || 'none'}</dd>
      </div>
    </dl>
  );
}

/** The vCPU of the command, behind it. */
function useVcpuBehind(engine: Engine, run: number, seq: number | null): WireVcpu | null {
  const state = useSignal<WireVcpu | null>(null);
  useEffect(() => {
    let isOver = false;
    if (seq === null) return;
    void engine.call('moment', { run, of: [seq, null] }).then(({ after }) => {
      if (!isOver) state.value = after;
    });
    return () => {
      isOver = true;
    };
  }, [engine, run, seq, state]);
  return state.value;
}
