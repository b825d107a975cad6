import { useSignal } from '@preact/signals';
import { fileOfExcerpt } from '../model/case-file.js';
import { type CasePlace, HELD, placeText } from '../model/case-place.js';
import type { Engine } from '../model/engine.js';
import type { Lane } from '../model/lane.js';
import type { LocalCase } from '../model/local-case.js';
import { CopyButton } from '../shell/copy.js';
import { caseHref } from '../shell/place.js';
import { saveText } from '../shell/save.js';
import { figure } from '../view/figure.js';

interface Props {
  readonly engine: Engine;
  readonly lane: Lane;
  readonly from: LocalCase;
  readonly place: CasePlace;
}

/** The case in short, and its link. */
export function CaseHead({ engine, lane: { opened }, from, place }: Props) {
  const { policy, kernel, paging, commands, start, head, violations, digest, failure } = opened;
  const expected = from.kind === 'written' ? from.digest : null;
  return (
    <header class="vm-head">
      <h1>{nameOf(from)}</h1>
      <p class="vm-facts">
        <span>{policy}</span>
        <span>{paging === 'ept' ? 'EPT' : 'shadow paging'}</span>
        <span>kernel {kernel}</span>
        <span>{figure(commands)} commands</span>
        <span>{figure(head - start - commands)} events</span>
        <span data-bad={violations > 0}>
          {figure(violations)} violation{violations === 1 ? '' : 's'}
        </span>
      </p>
      {from.mmulab !== '' && from.mmulab !== MMULAB_VERSION && (
        <p class="case-note">
          made by mmulab {from.mmulab}; this is {MMULAB_VERSION}
        </p>
      )}
      {expected !== null && (
        <p class="case-note" data-bad={expected !== digest}>
          {expected === digest
            ? 'The same state as where it was recorded.'
            : 'Another state than where it was recorded: versions differ.'}
        </p>
      )}
      {start > 0 && (
        <p class="case-note">
          It begins in the state behind @{start}: the history is too long to be run from its
          beginning, and other policies take over here.
        </p>
      )}
      {failure !== null && <p class="case-note failure">{failure}</p>}
      <p class="case-link">
        <SaveFile engine={engine} run={opened.run} from={from} />
        {place.fragment === HELD ? (
          <span class="case-note">
            This case is too long for a link: it is gone when this page is.
          </span>
        ) : (
          <CopyButton
            text={caseHref(placeText(place))}
            words="Copy link"
            otherwise="copy the page's address"
          />
        )}
      </p>
    </header>
  );
}

/** Saves the run as a case file, which the page opens again, and `mmulab` replays. */
function SaveFile(props: {
  readonly engine: Engine;
  readonly run: number;
  readonly from: LocalCase;
}) {
  const { engine, run, from } = props;
  const said = useSignal('');
  const save = async () => {
    said.value = 'Writing the file ...';
    try {
      const name = nameOf(from).replace(/\W+/g, '-').toLowerCase();
      const isPart = from.kind === 'excerpt';
      const file = isPart ? fileOfExcerpt(from) : await engine.call('export', { run });
      saveText(`${name}.mmulab-${isPart ? 'excerpt' : 'case'}.json`, JSON.stringify(file));
      said.value = '';
    } catch (error) {
      said.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <>
      <button
        type="button"
        title={
          from.kind === 'excerpt'
            ? 'A state and commands: drop it on a page of this version'
            : 'A case file: drop it on a page, or give it to `mmulab why` or `mmulab race --case`'
        }
        onClick={() => void save()}
      >
        Save as file
      </button>
      <span role="status" class="hint">
        {said}
      </span>
    </>
  );
}

function nameOf(from: LocalCase): string {
  switch (from.kind) {
    case 'written':
      return 'Case';
    case 'generated':
      return `${from.workload}, seed ${from.seed}`;
    case 'exhibit':
      return from.exhibit;
    case 'excerpt':
      return `From @${from.after} on`;
  }
}
