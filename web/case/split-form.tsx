import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { PolicyName } from '../../src/mmu/index.js';
import type { DefectName } from '../../src/mmu/schema/index.js';
import type { Catalogue } from '../engine/protocol.js';
import type { Engine } from '../model/engine.js';
import type { Lane, Split } from '../model/lane.js';
import { type Action, useActions } from '../shell/actions.js';

interface Props {
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  readonly lanes: readonly Lane[];
  /** The moment of the first lane. */
  readonly seq: number;
  /** Share of the work on a lane that is being made; null if none is. */
  readonly busy: number | null;
  readonly onSplit: (splits: readonly Split[]) => Promise<void>;
}

/** Policies that a split shows beside the first lane, unless it has them. */
const TRIO = ['mainline', 'need-sync', 'never-cache'];

/** Splits the lane: other policies from the beginning, or a line out of KVM from this moment on. */
export function SplitForm({ catalogue, engine, lanes, seq, busy, onSplit }: Props) {
  const policy = useSignal('need-sync');
  const defect = useSignal(catalogue.defects[0]?.name ?? '');
  const first = lanes[0] as Lane;
  const trio = async () => {
    const names = TRIO.filter((name) => !lanes.some(({ label }) => label === name));
    await onSplit(names.map(splitByPolicy));
  };
  const takeOut = async () => {
    const { run } = first.opened;
    const from = await engine.call('commandsBehind', { run, seq });
    const defects = [...first.opened.defects, defect.value] as DefectName[];
    await onSplit([{ label: `without ${defect.value} @${seq}`, changes: { defects }, from }]);
  };
  useTrio(() => void trio());
  const isBusy = busy !== null;
  return (
    <section class="split" aria-label="Split">
      <button type="button" disabled={isBusy} onClick={() => void trio()}>
        Split in three policies <kbd>X</kbd>
      </button>
      <Choice label="policy" names={catalogue.policies} chosen={policy} />
      <button
        type="button"
        disabled={isBusy}
        onClick={() => void onSplit([splitByPolicy(policy.value)])}
      >
        Add
      </button>
      <Choice label="line of KVM" names={catalogue.defects} chosen={defect} />
      <button type="button" disabled={isBusy} onClick={() => void takeOut()}>
        Take it out from @{seq} on
      </button>
      {isBusy && <progress value={busy} max={1} aria-label="Running the lane" />}
    </section>
  );
}

function splitByPolicy(name: string): Split {
  return { label: name, changes: { policy: name as PolicyName }, from: 0 };
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
