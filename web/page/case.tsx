import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { CaseRun } from '../case/case-run.js';
import { OpenCase } from '../case/open-case.js';
import { caseOfFile } from '../model/case-file.js';
import { caseIn, fragmentOf, NoCase } from '../model/case-link.js';
import { coalesced } from '../model/coalesced.js';
import { type Engine, startEngine } from '../model/engine.js';
import type { LocalCase } from '../model/local-case.js';
import { Card } from '../shell/card.js';
import { caseBeside, caseHref } from '../shell/place.js';
import { address, navigate } from '../shell/router.js';

/** The case that the page shows. */
type Shown =
  | { readonly kind: 'none' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'wrong'; readonly failure: NoCase }
  /** @param fragment That of the case without a moment; null if it is too long for a link. */
  | { readonly kind: 'case'; readonly from: LocalCase; readonly fragment: string | null };

/** The page of a case, which is replayed in the page: the link holds all of it. */
export function View() {
  const engine = useMemo(startEngine, []);
  useEffect(() => () => engine.end(), [engine]);
  const shown = useShown();
  const { seq } = partsOf(address.value.hash);
  const state = shown.value;
  switch (state.kind) {
    case 'reading':
      return <p class="hint moment-failure">Reading the case ...</p>;
    case 'wrong':
      return <Wrong failure={state.failure} />;
    case 'none':
      return <OpenCase engine={engine} onOpen={(from) => void open(from, shown)} />;
    case 'case':
      return <Running key={state.fragment} engine={engine} state={state} seq={seq} />;
  }
}

/** Milliseconds between two writes of the address: browsers allow only so many. */
const ADDRESS_EVERY_MS = 300;

function Running(props: {
  readonly engine: Engine;
  readonly state: Extract<Shown, { kind: 'case' }>;
  readonly seq: number | null;
}) {
  const { engine, state, seq } = props;
  const { fragment } = state;
  const at = useSignal(seq);
  const told = useRef(seq);
  useEffect(() => {
    if (seq !== told.current) at.value = seq;
  }, [seq, at]);
  const seek = useMemo(() => {
    const tell = coalesced(ADDRESS_EVERY_MS, () => {
      told.current = at.peek();
      navigate(
        fragment === null ? `#@${told.current}` : caseHref(`${fragment}@${told.current}`),
        'replace',
      );
    });
    return (to: number) => {
      at.value = to;
      tell();
    };
  }, [fragment, at]);
  const rest = { engine, fragment, from: state.from };
  return <CaseRun {...rest} seq={at.value} onSeek={seek} />;
}

/** The fragment of a case, and the moment behind it. */
function partsOf(hash: string): { readonly fragment: string; readonly seq: number | null } {
  const [, fragment = '', seq] = /^#?([^@]*)(?:@(\d{1,15}))?/.exec(hash) ?? [];
  return { fragment, seq: seq === undefined ? null : Number(seq) };
}

function useShown() {
  const shown = useSignal<Shown>({ kind: 'reading' });
  const { fragment } = partsOf(address.value.hash);
  useEffect(() => {
    const state = shown.peek();
    if (state.kind === 'case' && (state.fragment ?? '') === fragment) return;
    shown.value = { kind: 'reading' };
    let isOver = false;
    read(fragment).then((next) => {
      if (!isOver) shown.value = next;
    });
    return () => {
      isOver = true;
    };
  }, [fragment, shown]);
  return shown;
}

async function read(fragment: string): Promise<Shown> {
  try {
    if (fragment === '') return await beside();
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
  return { kind: 'case', from, fragment: await linkOf(from) };
}

/** The fragment of a case; null if it is too long for a link. */
async function linkOf(from: LocalCase): Promise<string | null> {
  try {
    return await fragmentOf({ from, seq: null });
  } catch (error) {
    if (error instanceof NoCase) return null;
    throw error;
  }
}

/** Opens a case. One that is too long for a link lives in this page alone. */
async function open(from: LocalCase, shown: { value: Shown }): Promise<void> {
  const fragment = await linkOf(from);
  shown.value = { kind: 'case', from, fragment };
  if (fragment !== null) navigate(caseHref(fragment));
}

function Wrong({ failure }: { readonly failure: NoCase }) {
  return (
    <Card title={failure.isOtherVersion ? 'A case of another version' : 'No case in this link'}>
      <p>{failure.message}.</p>
      <p>
        {failure.isOtherVersion
          ? 'Open it with the mmulab that made it, or ask for the case as a file.'
          : 'Ask for the whole link, or for the case as a file.'}
      </p>
      <button type="button" onClick={() => navigate(caseHref(''))}>
        Open another case
      </button>
    </Card>
  );
}
