import type { ShadowStep, ShadowWalk } from '../model/shadow-walk.js';
import { rightsText } from '../model/words.js';

interface Props {
  readonly shadow: ShadowWalk;
  readonly differs: boolean;
}

/** The walk of what KVM has made for the processor. */
export function ShadowWalkView({ shadow, differs }: Props) {
  const { steps, address, gpa, end } = shadow;
  const isDirect = steps[0]?.page.direct === true;
  return (
    <section class="panel walk" aria-label="KVM's tables" data-differs={differs}>
      <h3 class="part-title">
        KVM's tables{' '}
        <span class="part-note">
          {steps.length === 0 ? '' : isDirect ? `direct, for ${address}` : `shadow, for ${address}`}
        </span>
      </h3>
      <ol class="walk-steps">
        {steps.map((step) => (
          <Step key={step.page.level} step={step} />
        ))}
      </ol>
      <p class="walk-end">
        {gpa ?? end}
        {differs && <strong class="differs"> elsewhere than the guest's tables</strong>}
      </p>
    </section>
  );
}

function Step({ step: { page, index, entry } }: { readonly step: ShadowStep }) {
  const target = entry === null ? 'empty' : (entry.child ?? frameText(entry.gfn));
  return (
    <li class="walk-step" data-unsync={page.unsync}>
      <span class="walk-level">{page.level}</span>
      <span class="walk-entry">
        {target}
        <span class="walk-at">
          {' '}
          at {page.hpa}[{index}]
        </span>
        {page.unsync && <span class="mark-unsync"> unsync</span>}
        {page.invalid && <span class="mark-unsync"> zapped</span>}
      </span>
      <span class="walk-rights">{entry === null ? '' : rightsText(entry.rights)}</span>
    </li>
  );
}

function frameText(gfn: number | null): string {
  return gfn === null ? 'no memory' : `gfn 0x${gfn.toString(16)}`;
}
