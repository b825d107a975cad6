import { useSignal, useSignalEffect } from '@preact/signals';
import type { HistoryFrame } from '../api/timeline.js';
import { detailsOf, operandsOf, outcomeOf } from '../model/words.js';
import { momentHref } from '../shell/links.js';
import { ConfidenceChip } from '../trace/confidence-chip.js';
import { boxOf } from './box-at.js';
import type { Desk } from './desk.js';

interface Props {
  readonly desk: Desk;
  readonly vm: string | null;
}

/** The selected event in words, and what the selected row holds there. */
export function Reading({ desk, vm }: Props) {
  const frame = useSignal<HistoryFrame | null>(null);
  const failure = useSignal<string | null>(null);
  useSignalEffect(() => {
    const seq = desk.selected.value;
    if (seq === null) {
      frame.value = null;
      return;
    }
    const over = new AbortController();
    desk.source.frames(seq - 1, 1, over.signal).then(
      ([found]) => {
        frame.value = found ?? null;
        failure.value = null;
      },
      (error: Error) => {
        if (error.name !== 'AbortError') failure.value = error.message;
      },
    );
    return () => over.abort();
  });
  const seq = desk.selected.value;
  if (seq === null) {
    return (
      <section class="reading" aria-label="Selected event">
        <p class="hint">
          Click into the lanes, or press <kbd>→</kbd>, to read an event.
        </p>
      </section>
    );
  }
  const isIt = frame.value?.seq === seq;
  return (
    <section class="reading" aria-label="Selected event">
      <p class="reading-seq">@{seq}</p>
      <div class="reading-words" aria-live="polite">
        {isIt && frame.value !== null && <FrameWords frame={frame.value} desk={desk} />}
        {failure.value !== null && <p class="failure">{failure}</p>}
        <RowWords desk={desk} seq={seq} />
      </div>
      {vm !== null && (
        <a class="button" href={momentHref(vm, seq)}>
          The moment
        </a>
      )}
    </section>
  );
}

function FrameWords({ frame, desk }: { readonly frame: HistoryFrame; readonly desk: Desk }) {
  const traced = desk.traced.value?.at(frame.seq);
  const isWrong = frame.type === 'event' && frame.event.kind === 'violation';
  return (
    <p class="reading-event" data-wrong={isWrong}>
      <b>{frame.type === 'command' ? frame.command.kind : frame.event.kind}</b>{' '}
      {frame.type === 'command'
        ? `${operandsOf(frame)} \u2192 ${outcomeOf(frame.outcome)}`
        : linked(detailsOf(frame.event), desk)}
      <span class="reading-of"> vCPU {frame.vcpu}</span>
      {traced && <ConfidenceChip command={traced} />}
    </p>
  );
}

/** A sentence in which every `seq` can be pressed, to select it. */
function linked(sentence: string, desk: Desk) {
  return sentence.split(/(\bseq \d+)/).map((part) => {
    const seq = /^seq (\d+)$/.exec(part)?.[1];
    if (seq === undefined) return part;
    return (
      <button key={part} type="button" class="seq-link" onClick={() => desk.select(Number(seq))}>
        {part}
      </button>
    );
  });
}

function RowWords({ desk, seq }: { readonly desk: Desk; readonly seq: number }) {
  const row = desk.rows.value.find(({ id }) => id === desk.row.value);
  if (row === undefined) return null;
  return (
    <p class="reading-row">
      vCPU {row.vcpu}, {boxOf(row, seq, desk.timeline.value)}
    </p>
  );
}
