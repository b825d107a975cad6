import { useSignal } from '@preact/signals';
import type { ExhibitLabel } from '../engine/protocol.js';
import { exhibitHref } from '../shell/links.js';

type Hall = ExhibitLabel['hall'];

const HALLS: readonly { readonly hall: Hall; readonly title: string; readonly about: string }[] = [
  { hall: 'hole', title: 'Holes', about: 'What mainline does to this day, or did until 2026.' },
  { hall: 'trap', title: 'Traps', about: 'Proposals for the root cache, exactly as mailed.' },
  { hall: 'bug', title: 'Bugs', about: 'What KVM once did, and a commit mended.' },
  { hall: 'mutant', title: 'Mutants', about: 'One mistake of our making each.' },
];

/** The exhibits by hall, narrowed by words. */
export function Halls({ labels }: { readonly labels: readonly ExhibitLabel[] }) {
  const text = useSignal('');
  const words = text.value.toLowerCase().split(/\s+/);
  const shown = labels.filter((label) => {
    const all = Object.values(label).join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
  return (
    <main class="museum">
      <label class="field museum-filter">
        Only those with
        <input
          type="search"
          placeholder="invept, 6.1, economy"
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
          }}
        />
      </label>
      <p class="hint" role="status">
        {labels.length === 0 ? 'Opening ...' : `${shown.length} of ${labels.length} exhibits`}
      </p>
      {HALLS.map(({ hall, title, about }) => (
        <HallPart
          key={hall}
          {...{ title, about }}
          labels={shown.filter((label) => label.hall === hall)}
        />
      ))}
    </main>
  );
}

interface HallProps {
  readonly title: string;
  readonly about: string;
  readonly labels: readonly ExhibitLabel[];
}

function HallPart({ title, about, labels }: HallProps) {
  if (labels.length === 0) return null;
  return (
    <section class="hall" aria-label={title}>
      <h2 class="part-title">{title}</h2>
      <p class="hint">{about}</p>
      <ul class="exhibits">
        {labels.map(({ name, what, releases, judge }) => (
          <li key={name} class="panel exhibit">
            <a href={exhibitHref(name)}>{name}</a>
            <p>{what}</p>
            <p class="exhibit-note">
              {releases === null ? '' : `Linux ${releases}; `}caught by {judge}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
