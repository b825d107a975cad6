import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Catalogue } from '../engine/protocol.js';
import type { CasePlace } from '../model/case-place.js';
import type { Engine } from '../model/engine.js';
import { type Lane, openLane, sourceOf, splitLane } from '../model/lane.js';
import type { LocalCase } from '../model/local-case.js';
import { splitOf } from '../model/split.js';
import { LanesOfMoment } from '../moment/lanes-of-moment.js';
import { MomentView } from '../moment/moment-view.js';
import { Card } from '../shell/card.js';
import { caseHref } from '../shell/place.js';
import { navigate } from '../shell/router.js';
import { CaseHead } from './case-head.js';
import { Lanes } from './lanes.js';
import { SplitForm } from './split-form.js';

interface Props {
  readonly engine: Engine;
  readonly from: LocalCase;
  /** The part of the page that is shown. Its moment is one of the first lane. */
  readonly place: CasePlace;
  readonly onPlace: (change: Partial<CasePlace>) => void;
}

type State =
  | { readonly kind: 'busy'; readonly share: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'open'; readonly lanes: readonly Lane[] };

/** A case as it runs in the page: its lanes over time, and one moment of one of them. */
export function CaseRun({ engine, from, place, onPlace }: Props) {
  const state = useSignal<State>({ kind: 'busy', share: 0 });
  const catalogue = useSignal<Catalogue | null>(null);
  useEffect(() => {
    const end = new AbortController();
    begin(engine, from, { state, catalogue, signal: end.signal });
    return () => end.abort();
  }, [engine, from, state, catalogue]);
  const now = state.value;
  if (now.kind === 'failed') return <NotRun reason={now.reason} />;
  if (now.kind === 'busy') return <Busy share={now.share} />;
  const [first] = now.lanes as readonly [Lane, ...Lane[]];
  return (
    <main class="case">
      <CaseHead engine={engine} lane={first} from={from} place={place} />
      <OpenRun
        engine={engine}
        lanes={now.lanes}
        catalogue={catalogue.value}
        seq={place.seq ?? first.found[0]?.seq ?? first.opened.head}
        place={place}
        onPlace={onPlace}
        onLanes={(lanes) => {
          state.value = { kind: 'open', lanes };
          onPlace({ lanes: lanes.slice(1).map(({ text }) => text) });
        }}
      />
    </main>
  );
}

interface Beginning {
  readonly state: { value: State };
  readonly catalogue: { value: Catalogue | null };
  readonly signal: AbortSignal;
}

function begin(engine: Engine, from: LocalCase, { state, catalogue, signal }: Beginning): void {
  const onProgress = (share: number) => {
    state.value = { kind: 'busy', share };
  };
  openLane(engine, from, { signal, onProgress }).then(
    async (lane) => {
      state.value = { kind: 'open', lanes: [lane] };
      catalogue.value = await engine.call('catalogue', {});
    },
    (error: Error) => {
      if (!signal.aborted) state.value = { kind: 'failed', reason: error.message };
    },
  );
}

interface RunProps {
  readonly engine: Engine;
  readonly lanes: readonly Lane[];
  readonly catalogue: Catalogue | null;
  readonly seq: number;
  readonly place: CasePlace;
  readonly onPlace: (change: Partial<CasePlace>) => void;
  readonly onLanes: (lanes: readonly Lane[]) => void;
}

function OpenRun({ engine, lanes, catalogue, seq, place, onPlace, onLanes }: RunProps) {
  const shown = useSignal(0);
  /** The moment in the lane that is shown; the address has that of the first one. */
  const own = useSignal<number | null>(null);
  const busy = useSignal<number | null>(null);
  const failure = useSignal('');
  const lane = lanes[Math.min(shown.value, lanes.length - 1)] as Lane;
  const isFirst = lane === lanes[0];
  const at = isFirst ? seq : (own.value ?? lane.opened.head);
  const seek = useMemo(
    () => (to: number) => {
      if (isFirst) onPlace({ seq: to });
      else own.value = to;
    },
    [isFirst, onPlace, own],
  );
  const source = useMemo(() => sourceOf(engine, lane.opened.run), [engine, lane]);
  const show = async (index: number, to: number | null) => {
    const other = lanes[index] as Lane;
    const { run } = lane.opened;
    const moved =
      to ?? (await engine.call('counterpart', { run, other: other.opened.run, seq: at }));
    if (index === 0) onPlace({ seq: moved });
    else own.value = moved;
    shown.value = index;
  };
  const split = async (texts: readonly string[]) => {
    failure.value = '';
    try {
      const first = lanes[0] as Lane;
      const more: Lane[] = [];
      for (const text of texts) {
        const one = await splitOf(engine, first, text);
        if ([...lanes, ...more].some(({ label }) => label === one.label)) continue;
        busy.value = 0;
        const onProgress = (share: number) => {
          busy.value = share;
        };
        more.push(await splitLane(engine, first, one, { onProgress }));
        onLanes([...lanes, ...more]);
      }
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
    busy.value = null;
  };
  // The lanes that the address names, once.
  const asked = useRef(place.lanes);
  useEffect(() => void split(asked.current), []);
  const drop = (index: number) => {
    void engine.call('close', { run: (lanes[index] as Lane).opened.run });
    shown.value = 0;
    onLanes(lanes.filter((_, place) => place !== index));
  };
  return (
    <>
      <Lanes
        engine={engine}
        lanes={lanes}
        shown={lanes.indexOf(lane)}
        seq={at}
        onSeek={seek}
        onShow={show}
        onDrop={drop}
      />
      <LanesOfMoment
        key={lane.opened.run}
        source={source}
        seq={at}
        isDirect={lane.opened.paging === 'ept'}
        window={isFirst ? place.window : null}
        onSeek={seek}
        onWindow={(window) => isFirst && onPlace({ window })}
      />
      {catalogue !== null && (
        <SplitForm catalogue={catalogue} seq={seq} busy={busy.value} onSplit={split} />
      )}
      <p class="failure" role="alert">
        {failure.value}
      </p>
      <MomentView moments={lane.moments} seq={at} onSeek={seek} />
    </>
  );
}

function Busy({ share }: { readonly share: number }) {
  return (
    <main class="case-busy">
      <label class="inline-field">
        Running the case
        <progress value={share} max={1} />
      </label>
    </main>
  );
}

function NotRun({ reason }: { readonly reason: string }) {
  return (
    <Card title="This case cannot be run">
      <p>{reason}.</p>
      <button type="button" onClick={() => navigate(caseHref(''))}>
        Open another case
      </button>
    </Card>
  );
}
