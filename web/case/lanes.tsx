import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { WireMmu, WireRoot, WireVcpu } from '../api/wire.js';
import type { Engine } from '../model/engine.js';
import type { Lane } from '../model/lane.js';
import { latest } from '../model/latest.js';

interface Props {
  readonly engine: Engine;
  readonly lanes: readonly Lane[];
  /** Index of the lane whose moment is shown, and `seq` in it. */
  readonly shown: number;
  readonly seq: number;
  readonly onSeek: (seq: number) => void;
  /** @param to A moment of that lane; null for that of the same command. */
  readonly onShow: (index: number, to: number | null) => void;
  readonly onDrop: (index: number) => void;
}

/** A lane at the playhead: `seq` there, and its root cache behind the command. */
interface At {
  readonly seq: number;
  readonly mmu: WireMmu;
}

/** The runs of one list of commands below each other, with one playhead through all of them. */
export function Lanes({ engine, lanes, shown, seq, onSeek, onShow, onDrop }: Props) {
  const ats = useSignal<readonly At[]>([]);
  const ask = useMemo(
    () =>
      latest(
        ({ lanes, shown, seq }: Pick<Props, 'lanes' | 'shown' | 'seq'>) =>
          Promise.all(lanes.map((lane) => atOf(engine, lanes[shown] as Lane, lane, seq))),
        (answer) => {
          if (!(answer instanceof Error)) ats.value = answer;
        },
      ),
    [engine, ats],
  );
  useEffect(() => ask({ lanes, shown, seq }), [ask, lanes, shown, seq]);
  const { head } = (lanes[shown] as Lane).opened;
  return (
    <section class="panel run-lanes" aria-label="Lanes">
      {lanes.map((lane, index) => (
        <LaneRow
          key={lane.opened.run}
          lane={lane}
          isShown={index === shown}
          at={ats.value[index] ?? null}
          base={ats.value[0] ?? null}
          onShow={(to) => onShow(index, to)}
          onDrop={index === 0 ? null : () => onDrop(index)}
        />
      ))}
      <label class="scrub">
        <span class="reader-only">Moment of {(lanes[shown] as Lane).label}</span>
        <input
          type="range"
          min={0}
          max={head}
          value={seq}
          aria-valuetext={`${seq} of ${head}`}
          onInput={({ currentTarget: { valueAsNumber } }) => onSeek(valueAsNumber)}
        />
      </label>
    </section>
  );
}

async function atOf(engine: Engine, from: Lane, lane: Lane, seq: number): Promise<At> {
  const [run, other] = [from.opened.run, lane.opened.run];
  const there = run === other ? seq : await engine.call('counterpart', { run, other, seq });
  const { after } = await lane.moments.moment(there, null);
  return { seq: there, mmu: mmuOf(after) };
}

function mmuOf({ mmu, rootMmu, guestMmu }: WireVcpu): WireMmu {
  return mmu === 'root' ? rootMmu : guestMmu;
}

interface RowProps {
  readonly lane: Lane;
  readonly isShown: boolean;
  readonly at: At | null;
  readonly base: At | null;
  readonly onShow: (to: number | null) => void;
  readonly onDrop: (() => void) | null;
}

function LaneRow({ lane, isShown, at, base, onShow, onDrop }: RowProps) {
  const { opened, found, parting, label } = lane;
  return (
    <div class="run-lane" data-lane={label}>
      <div class="run-lane-head">
        <button
          type="button"
          class="run-lane-name"
          aria-pressed={isShown}
          onClick={() => onShow(null)}
        >
          {label}
        </button>
        {parting !== null && (
          <button type="button" class="run-lane-parts" onClick={() => onShow(parting.otherSeq)}>
            parts @{parting.otherSeq}
          </button>
        )}
        {opened.violations > 0 && (
          <button
            type="button"
            class="run-lane-violations"
            onClick={() => onShow(found[0]?.seq ?? null)}
          >
            {opened.violations} {opened.violations === 1 ? 'violation' : 'violations'} @
            {found[0]?.seq}
          </button>
        )}
        {opened.failure !== null && <span class="run-lane-failure">{opened.failure}</span>}
        {onDrop !== null && (
          <button
            type="button"
            class="run-lane-drop"
            aria-label={`Close ${label}`}
            onClick={onDrop}
          >
            ×
          </button>
        )}
      </div>
      <Strip lane={lane} at={at?.seq ?? 0} />
      <Slots at={at} base={base} />
    </div>
  );
}

/** Width of the strip in its own units. */
const WIDTH = 1000;

/** A lane over time: violations, the parting, and the playhead. */
function Strip({ lane: { opened, found, parting, label }, at }: { lane: Lane; at: number }) {
  const place = (seq: number) => (WIDTH * seq) / Math.max(opened.head, 1);
  const text = `${label}: ${opened.head} records, ${opened.violations} violations`;
  return (
    <svg
      class="run-strip"
      viewBox={`0 0 ${WIDTH} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={text}
    >
      <rect class="run-strip-ground" x="0" y="6" width={WIDTH} height="8" />
      {parting !== null && (
        <rect
          class="run-strip-parted"
          x={place(parting.otherSeq)}
          y="6"
          width={WIDTH - place(parting.otherSeq)}
          height="8"
        />
      )}
      {found.map(({ seq }) => (
        <line
          key={seq}
          class="run-strip-violation"
          x1={place(seq)}
          x2={place(seq)}
          y1="1"
          y2="19"
        />
      ))}
      <line class="run-strip-head" x1={place(at)} x2={place(at)} y1="0" y2="20" />
    </svg>
  );
}

/** The root cache at the playhead; a slot that differs from the first lane's is lit. */
function Slots({ at, base }: Pick<RowProps, 'at' | 'base'>) {
  if (at === null) return <div class="run-lane-slots" />;
  const slots = [at.mmu.root, ...at.mmu.prevRoots];
  const others = base === null ? slots : [base.mmu.root, ...base.mmu.prevRoots];
  return (
    <ol class="run-lane-slots">
      {slots.map((root, slot) => (
        <li
          key={slot}
          class="run-lane-slot"
          data-parted={textOf(root) !== textOf(others[slot] ?? null)}
        >
          <span class="reader-only">{slot === 0 ? 'current' : `prev${slot - 1}`} </span>
          {textOf(root)}
        </li>
      ))}
    </ol>
  );
}

function textOf(root: WireRoot | null): string {
  return root === null ? '-' : `${root.pgd}${root.unsync ? ' unsync' : ''}`;
}
