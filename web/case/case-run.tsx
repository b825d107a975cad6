import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Catalogue } from '../engine/protocol.js';
import type { Engine } from '../model/engine.js';
import { type Lane, openLane, type Split, sourceOf, splitLane } from '../model/lane.js';
import type { LocalCase } from '../model/local-case.js';
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
  /** The link of the case without a moment; null if it is too long for one. */
  readonly fragment: string | null;
  /** The moment of the first lane; null for the first violation, or else the end. */
  readonly seq: number | null;
  readonly onSeek: (seq: number) => void;
}

type State =
  | { readonly kind: 'busy'; readonly share: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'open'; readonly lanes: readonly Lane[] };

/** A case as it runs in the page: its lanes over time, and one moment of one of them. */
export function CaseRun({ engine, from, fragment, seq, onSeek }: Props) {
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
      <CaseHead lane={first} from={from} fragment={fragment} seq={seq} />
      <OpenRun
        engine={engine}
        lanes={now.lanes}
        catalogue={catalogue.value}
        seq={seq ?? first.found[0]?.seq ?? first.opened.head}
        onSeek={onSeek}
        onLanes={(lanes) => {
          state.value = { kind: 'open', lanes };
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
  readonly onSeek: (seq: number) => void;
  readonly onLanes: (lanes: readonly Lane[]) => void;
}

function OpenRun({ engine, lanes, catalogue, seq, onSeek, onLanes }: RunProps) {
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
      if (isFirst) onSeek(to);
      else own.value = to;
    },
    [isFirst, onSeek, own],
  );
  const source = useMemo(() => sourceOf(engine, lane.opened.run), [engine, lane]);
  const show = async (index: number, to: number | null) => {
    const other = lanes[index] as Lane;
    const { run } = lane.opened;
    const moved =
      to ?? (await engine.call('counterpart', { run, other: other.opened.run, seq: at }));
    if (index === 0) onSeek(moved);
    else own.value = moved;
    shown.value = index;
  };
  const split = async (splits: readonly Split[]) => {
    failure.value = '';
    try {
      const more: Lane[] = [];
      for (const one of splits) {
        busy.value = 0;
        const onProgress = (share: number) => {
          busy.value = share;
        };
        more.push(await splitLane(engine, lanes[0] as Lane, one, { onProgress }));
        onLanes([...lanes, ...more]);
      }
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
    busy.value = null;
  };
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
      <LanesOfMoment key={lane.opened.run} source={source} seq={at} onSeek={seek} />
      {catalogue !== null && (
        <SplitForm
          catalogue={catalogue}
          lanes={lanes}
          engine={engine}
          seq={seq}
          busy={busy.value}
          onSplit={split}
        />
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
