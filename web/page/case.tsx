import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { CaseRun } from '../case/case-run.js';
import { held, linkOf } from '../case/held.js';
import { OpenCase } from '../case/open-case.js';
import { caseOfFile } from '../model/case-file.js';
import { caseIn, NoCase } from '../model/case-link.js';
import { type CasePlace, HELD, placeIn, placeText } from '../model/case-place.js';
import { type Engine, startEngine } from '../model/engine.js';
import type { LocalCase } from '../model/local-case.js';
import { Card } from '../shell/card.js';
import { caseBeside, caseHref } from '../shell/place.js';
import { address, navigate } from '../shell/router.js';
import { useToldAddress } from '../shell/told-address.js';

/** The case that the page shows. */
type Shown =
  | { readonly kind: 'none' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'wrong'; readonly failure: NoCase }
  | { readonly kind: 'case'; readonly from: LocalCase; readonly fragment: string };

/** The page of a case, which is replayed in the page: the link holds all of it. */
export function View() {
  const engine = useMemo(startEngine, []);
  useEffect(() => () => engine.end(), [engine]);
  const shown = useShown();
  const place = placeIn(address.value.hash);
  const state = shown.value;
  switch (state.kind) {
    case 'reading':
      return <p class="hint moment-failure">Reading the case ...</p>;
    case 'wrong':
      return <Wrong failure={state.failure} />;
    case 'none':
      return <OpenCase engine={engine} />;
    case 'case':
      return <Running key={state.fragment} engine={engine} state={state} place={place} />;
  }
}

function Running(props: {
  readonly engine: Engine;
  readonly state: Extract<Shown, { kind: 'case' }>;
  readonly place: CasePlace;
}) {
  const { engine, state, place: named } = props;
  const place = useSignal<CasePlace>({ ...named, fragment: state.fragment });
  const told = useRef(named.seq);
  const { seq } = named;
  useEffect(() => {
    if (seq !== told.current) place.value = { ...place.peek(), seq };
  }, [seq, place]);
  const tell = useToldAddress(() => {
    told.current = place.peek().seq;
    return caseHref(placeText(place.peek()));
  });
  const change = useMemo(
    () => (parts: Partial<CasePlace>) => {
      const before = placeText(place.peek());
      place.value = { ...place.peek(), ...parts };
      if (placeText(place.peek()) !== before) tell();
    },
    [place, tell],
  );
  return <CaseRun engine={engine} from={state.from} place={place.value} onPlace={change} />;
}

function useShown() {
  const shown = useSignal<Shown>({ kind: 'reading' });
  const { fragment } = placeIn(address.value.hash);
  // A case beside the page is held once it is read, which is no reason to read it again.
  const given = fragment === HELD ? held.value : null;
  useEffect(() => {
    const state = shown.peek();
    const isOther = given !== null && state.kind === 'case' && state.from !== given;
    if (state.kind === 'case' && state.fragment === fragment && !isOther) return;
    shown.value = { kind: 'reading' };
    let isOver = false;
    read(fragment).then((next) => {
      if (!isOver) shown.value = next;
    });
    return () => {
      isOver = true;
    };
  }, [fragment, given, shown]);
  return shown;
}

async function read(fragment: string): Promise<Shown> {
  try {
    if (fragment === '') return await beside();
    if (fragment === HELD) return heldCase();
    return { kind: 'case', from: (await caseIn(fragment)).from, fragment };
  } catch (error) {
    if (error instanceof NoCase) return { kind: 'wrong', failure: error };
    throw error;
  }
}

/** The case that lies beside the page in an exported folder, if there is one. */
async function beside(): Promise<Shown> {
  if (caseBeside === null) return { kind: 'none' };
  const answer = await fetch(caseBeside).catch(() => null);
  if (answer?.ok !== true) throw new NoCase('The case that belongs to this page is not beside it');
  const from = caseOfFile(await answer.text());
  held.value = from;
  return { kind: 'case', from, fragment: (await linkOf(from)) ?? HELD };
}

/** The case that this page was given and that no link holds. */
function heldCase(): Shown {
  const from = held.peek();
  if (from !== null) return { kind: 'case', from, fragment: HELD };
  throw new NoCase('This case was too long for a link, and the page that held it is gone');
}

function Wrong({ failure }: { readonly failure: NoCase }) {
  return (
    <Card title={failure.isOtherVersion ? 'A case of another version' : 'No case in this link'}>
      <p>{failure.message}.</p>
      <p>
        {failure.isOtherVersion
          ? 'Open it with the mmulab that made it, or ask for the case as a file.'
          : 'Ask for the whole link, or for the case as a file, and drop that on this page.'}
      </p>
      <button type="button" onClick={() => navigate(caseHref(''))}>
        Open another case
      </button>
    </Card>
  );
}
