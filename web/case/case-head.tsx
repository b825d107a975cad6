import type { Lane } from '../model/lane.js';
import type { LocalCase } from '../model/local-case.js';
import { CopyButton } from '../shell/copy.js';
import { caseHref } from '../shell/place.js';
import { figure } from '../view/figure.js';

interface Props {
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
    <header class="vm-head">
      <h1>{nameOf(from)}</h1>
      <p class="vm-facts">
        <span>{policy}</span>
        <span>{paging === 'ept' ? 'EPT' : 'shadow paging'}</span>
        <span>kernel {kernel}</span>
        <span>{figure(commands)} commands</span>
        <span>{figure(head - commands)} events</span>
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
      {failure !== null && <p class="case-note failure">{failure}</p>}
      <CopyLink fragment={fragment} seq={seq} />
    </header>
  );
}

function CopyLink({ fragment, seq }: Pick<Props, 'fragment' | 'seq'>) {
  if (fragment === null) return <p class="case-note">This case is too long for a link.</p>;
  const href = caseHref(seq === null ? fragment : `${fragment}@${seq}`);
  return (
    <p class="case-link">
      <CopyButton text={href} words="Copy link" otherwise="copy the page's address" />
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
