import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Timeline } from '../api/timeline.js';
import { lookAgain, type Wish } from '../model/live.js';
import type { Source } from '../model/source.js';
import type { Traced } from '../model/trace.js';
import { lag } from '../shell/lag.js';
import { type Colours, coloursFor } from './colours.js';
import { createFold } from './fold.js';
import type { Picture } from './picture.js';
import { type Folding, heightOf, type Row, rowsOf } from './rows.js';
import {
  atHead,
  type Extent,
  moved,
  showing,
  spanOf,
  type Viewport,
  wholeOf,
  within,
  zoomed,
} from './viewport.js';
import { wantedFor } from './wanted.js';

/** Events that a window shows at first, if there are so many. */
const SPAN_AT_FIRST = 1500;

/** Rows grow by this factor at most. */
const STRETCH_MAX = 1.75;

/** The state of a picture of lanes, and all that a reader can do to it. */
export interface Desk {
  readonly source: Source;
  /** The newest part of the history that was read; null before the first answer. */
  readonly timeline: ReadonlySignal<Timeline | null>;
  /** The whole history from afar, as it was last read; null before the first answer. */
  readonly whole: Signal<Timeline | null>;
  /** Violations of the whole history, as far as it has been read. */
  readonly violationCount: ReadonlySignal<number>;
  readonly view: ReadonlySignal<Viewport>;
  readonly extent: ReadonlySignal<Extent>;
  readonly rows: ReadonlySignal<readonly Row[]>;
  readonly colours: ReadonlySignal<Colours>;
  readonly isFollowing: ReadonlySignal<boolean>;
  readonly isFrozen: ReadonlySignal<boolean>;
  readonly folding: ReadonlySignal<Folding>;
  /** vCPUs that are open unless somebody closes them, if there are no more. */
  readonly openMax: Signal<number>;
  /** `seq` of the selected event. */
  readonly selected: ReadonlySignal<number | null>;
  /** Id of the row that the keys are on. */
  readonly row: ReadonlySignal<string | null>;
  /** Height of a unit of the rows in units of type: rows grow where there is room. */
  readonly stretch: ReadonlySignal<number>;
  /** Units of type that there is room for. */
  readonly room: Signal<number>;
  /** Whether root_mmu maps L1's memory directly: its roots then stand for no pgd. */
  readonly isDirect: Signal<boolean>;
  /** Commands of the trace that the VM was made of; null if of none. */
  readonly traced: Signal<Traced | null>;
  /** Width of the picture in pixels: what it is read for. */
  readonly width: Signal<number>;
  zoom(factor: number, at?: number): void;
  move(share: number): void;
  show(view: Viewport): void;
  showAll(): void;
  follow(isOn: boolean): void;
  freeze(isOn: boolean): void;
  select(seq: number | null): void;
  selectRow(id: string | null): void;
  toggleVcpu(vcpu: number): void;
  toggleSlots(vcpu: number): void;
  end(): void;
}

/** The picture of somebody who names none. */
const NEWEST: Picture = { window: null, at: null };

/** @param openMax vCPUs that are open at first. @param picture The one to begin with. */
export function createDesk(source: Source, openMax: number, picture = NEWEST): Desk {
  const state = createState(source, openMax, picture);
  const { end, now } = lookAgain(source, wishOf(state));
  if (picture.window !== null) {
    // The first answer is all there is, from afar: only then is it known what the window may be.
    const stop = state.timeline.subscribe((first) => {
      if (first === null) return;
      stop();
      now();
    });
  }
  return {
    ...state,
    ...windowActs(state, now),
    selectRow(id) {
      state.row.value = id;
    },
    end,
  };
}

type State = ReturnType<typeof createState>;

function createState(source: Source, openMax: number, { window, at }: Picture) {
  const timeline = signal<Timeline | null>(null);
  const view = signal<Viewport>(window ?? { from: 0, to: SPAN_AT_FIRST });
  const fold = createFold(openMax, timeline);
  const whole = signal<Timeline | null>(null);
  const room = signal(0);
  const rows = computed(() =>
    timeline.value === null ? [] : rowsOf(timeline.value, fold.folding.value),
  );
  let colours: Colours = new Map();
  return {
    source,
    timeline,
    whole,
    violationCount: computed(() => violationsIn(whole.value, timeline.value)),
    view,
    ...fold,
    room,
    rows,
    /** Events that the window shows while it follows; without bound for all of them. */
    span: signal(SPAN_AT_FIRST),
    extent: signal<Extent>({ oldest: 0, head: 0 }),
    isFollowing: signal(window === null),
    isFrozen: signal(false),
    selected: signal<number | null>(at),
    row: signal<string | null>(null),
    isDirect: signal(false),
    traced: signal<Traced | null>(null),
    width: signal(1000),
    stretch: computed(() =>
      Math.min(Math.max(room.value / Math.max(1, heightOf(rows.value)), 1), STRETCH_MAX),
    ),
    colours: computed(() => {
      if (timeline.value !== null) colours = coloursFor(timeline.value, view.value, colours);
      return colours;
    }),
  };
}

function wishOf(state: State): Wish {
  const { timeline, view, extent, isFollowing, isFrozen, width } = state;
  return {
    wanted: (head) =>
      wantedFor({
        have: timeline.value,
        view: view.value,
        isFollowing: isFollowing.value,
        head,
        width: width.value,
      }),
    isFrozen: () => isFrozen.value,
    show(answer) {
      const news = answer.head - extent.value.head;
      batch(() => {
        extent.value = { oldest: answer.oldest, head: answer.head };
        timeline.value = answer;
        view.value = isFollowing.value
          ? atHead(state.span.value, extent.value)
          : within(view.value, extent.value);
      });
      return news / spanOf(view.value);
    },
    frozenAt(head) {
      lag.value = { kind: 'frozen', events: head - (timeline.value?.to ?? head) };
    },
    lag(now) {
      lag.value = now;
    },
  };
}

/** @param look Reads what a new window needs. */
function windowActs(state: State, look: () => void) {
  const { view, extent, isFollowing, isFrozen, selected, span } = state;
  /** Moves the window by hand, which ends following unless the newest stays in it. */
  const see = (next: Viewport) => {
    batch(() => {
      view.value = next;
      isFollowing.value = isFollowing.value && next.to >= extent.value.head + 1;
    });
    look();
  };
  return {
    zoom(factor: number, at?: number) {
      const { from, to } = view.value;
      const kept = at ?? (isFollowing.value ? to : (selected.value ?? (from + to) / 2));
      const next = zoomed(view.value, factor, Math.min(Math.max(kept, from), to), extent.value);
      span.value = spanOf(next);
      see(next);
    },
    move: (share: number) => see(moved(view.value, share, extent.value)),
    show: (next: Viewport) => see(within(next, extent.value)),
    showAll() {
      span.value = Number.POSITIVE_INFINITY;
      see(wholeOf(extent.value));
    },
    follow(isOn: boolean) {
      batch(() => {
        isFollowing.value = isOn;
        if (!isOn) return;
        isFrozen.value = false;
        view.value = atHead(span.value, extent.value);
      });
      look();
    },
    freeze(isOn: boolean) {
      isFrozen.value = isOn;
      look();
    },
    select(seq: number | null) {
      const { oldest, head } = extent.value;
      const next = seq === null ? null : Math.min(Math.max(seq, Math.max(1, oldest)), head);
      selected.value = next;
      if (next === null) return;
      const shown = showing(view.value, next, extent.value);
      if (shown !== view.value) see(shown);
    },
  };
}

/** Violations of the whole history, and those that are newer than it. */
function violationsIn(whole: Timeline | null, newest: Timeline | null): number {
  if (whole === null) return newest?.violations.count ?? 0;
  const newer = newest?.violations.first.filter(({ seq }) => seq > whole.head) ?? [];
  return whole.violations.count + newer.length;
}
