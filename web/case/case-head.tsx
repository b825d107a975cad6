import { useSignal } from '@preact/signals';
import type { Engine } from '../model/engine.js';
import type { Lane } from '../model/lane.js';
import type { LocalCase } from '../model/local-case.js';
import { caseHref } from '../shell/place.js';
import { PageHead } from '../view/page-head.js';

interface Props {
  readonly engine: Engine;
  readonly lane: Lane;
  readonly from: LocalCase;
  readonly fragment: string | null;
  readonly seq: number | null;
}

/** The case in short, and its link. */
export function CaseHead({ lane: { opened }, from, fragment, seq }: Props) {
  const { policy, kernel, paging, commands, head, violations, digest, failure } = opened;
  const expected = from.kind === 'written' ? from.digest : null;
  return (
    <PageHead>
      <div class="facts">
        <h1 class="vm-name">{nameOf(from)}</h1>
        <dl class="fact-list">
          <Fact name="policy" value={policy} />
          <Fact name="kernel" value={kernel} />
          <Fact name="paging" value={paging} />
          <Fact name="commands" value={String(commands)} />
          <Fact name="events" value={String(head - commands)} />
          <Fact name="violations" value={String(violations)} isBad={violations > 0} />
        </dl>
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
        {failure !== null && <p class="case-note failure">{failure}</p>}
      </div>
      <CopyLink fragment={fragment} seq={seq} />
    </PageHead>
  );
}

function Fact(props: { readonly name: string; readonly value: string; readonly isBad?: boolean }) {
  return (
    <div class="fact" data-bad={props.isBad}>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function CopyLink({ fragment, seq }: Pick<Props, 'fragment' | 'seq'>) {
  const copied = useSignal('');
  if (fragment === null) return <p class="case-note">This case is too long for a link.</p>;
  const href = caseHref(seq === null ? fragment : `${fragment}@${seq}`);
  const copy = () =>
    navigator.clipboard.writeText(href).then(
      () => {
        copied.value = 'Copied';
      },
      () => {
        copied.value = "The browser forbids it: copy the page's address";
      },
    );
  return (
    <p class="case-link">
      <button type="button" onClick={() => void copy()}>
        Copy link
      </button>
      <span role="status" class="hint">
        {copied.value}
      </span>
    </p>
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
  }
}
