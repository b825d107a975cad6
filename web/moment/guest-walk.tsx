import type { WireWalk } from '../model/moments.js';
import { rightsText } from '../model/words.js';

/** The walk of the guest's own tables, as they stand in memory. */
export function GuestWalk({ walk }: { readonly walk: WireWalk }) {
  return (
    <section class="panel walk" aria-label="Guest's tables">
      <h3 class="part-title">
        Guest's tables <span class="part-note">{walk.tables}</span>
      </h3>
      <ol class="walk-steps">
        <li class="walk-step">
          <span class="walk-level">root</span>
          <span class="walk-entry">{walk.root}</span>
        </li>
        {walk.entries.map(({ level, gpa, entry, rights }) => (
          <li key={level} class="walk-step">
            <span class="walk-level">{level}</span>
            <span class="walk-entry">
              {entry}
              <span class="walk-at"> at {gpa ?? 'a register'}</span>
            </span>
            <span class="walk-rights">{rights === null ? 'not present' : rightsText(rights)}</span>
          </li>
        ))}
      </ol>
      <p class="walk-end">{endOf(walk)}</p>
    </section>
  );
}

function endOf({ result }: WireWalk): string {
  switch (result.kind) {
    case 'mapped':
      return `${result.gpa} ${rightsText(result.rights)}`;
    case 'page-fault':
      return `#PF(${result.errorCode})`;
    case 'not-canonical':
      return '#GP: not canonical';
    case 'mmio':
      return `MMIO ${result.gpa}`;
    case 'ept-violation':
      return `EPT violation at ${result.gpa}`;
    case 'ept-misconfiguration':
      return `EPT misconfiguration at ${result.gpa}`;
  }
}
