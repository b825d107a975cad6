import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { Catalogue } from '../engine/protocol.js';
import { lineText, TRIO } from '../model/split.js';
import { type Action, useActions } from '../shell/actions.js';

interface Props {
  readonly catalogue: Catalogue;
  /** The moment of the first lane. */
  readonly seq: number;
  /** Share of the work on a lane that is being made; null if none is. */
  readonly busy: number | null;
  /** @param texts Lanes to add. @see splitOf */
  readonly onSplit: (texts: readonly string[]) => Promise<void>;
}

/** Splits the lane: other policies from the beginning, or a line out of KVM from this moment on. */
export function SplitForm({ catalogue, seq, busy, onSplit }: Props) {
  const policy = useSignal('need-sync');
  const defect = useSignal(catalogue.defects[0]?.name ?? '');
  const trio = () => void onSplit(TRIO);
  useTrio(trio);
  const isBusy = busy !== null;
  return (
    <section class="split" aria-label="Split">
      <button type="button" disabled={isBusy} onClick={trio}>
        Split in three policies <kbd>X</kbd>
      </button>
      <Choice label="policy" names={catalogue.policies} chosen={policy} />
      <button type="button" disabled={isBusy} onClick={() => void onSplit([policy.value])}>
        Add
      </button>
      <Choice label="line of KVM" names={catalogue.defects} chosen={defect} />
      <button
        type="button"
        disabled={isBusy}
        onClick={() => void onSplit([lineText(defect.value, seq)])}
      >
        Take it out from @{seq} on
      </button>
      {isBusy && <progress value={busy} max={1} aria-label="Running the lane" />}
    </section>
  );
}

function useTrio(run: () => void): void {
  const newest = useRef(run);
  newest.current = run;
  useActions(
    useMemo(
      (): Action[] => [
        {
          ...{ group: 'In a case', key: 'x', text: 'Split in three policies', isCommand: true },
          run: () => newest.current(),
        },
      ],
      [],
    ),
  );
}

function Choice(props: {
  readonly label: string;
  readonly names: Catalogue['policies'];
  readonly chosen: { value: string };
}) {
  const { label, names, chosen } = props;
  const summary = names.find(({ name }) => name === chosen.value)?.summary;
  return (
    <label class="inline-field" title={summary}>
      {label}
      <select
        value={chosen.value}
        onChange={({ currentTarget: { value } }) => {
          chosen.value = value;
        }}
      >
        {names.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
