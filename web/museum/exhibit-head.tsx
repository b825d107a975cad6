import { openCase } from '../case/held.js';
import type { ExhibitLabel } from '../engine/protocol.js';
import { exhibitHref } from '../shell/links.js';
import type { Story } from './exhibit-story.js';

interface Props {
  readonly story: Story;
  readonly at: number;
  readonly labels: readonly ExhibitLabel[];
}

/** Label of an exhibit, with links to its neighbours and to its machine. */
export function ExhibitHead({ story, at, labels }: Props) {
  const { name, title, what, where, source, releases, judge } = story.finding.label;
  const place = labels.findIndex((label) => label.name === name);
  const open = async () => {
    const from = { kind: 'exhibit', mmulab: MMULAB_VERSION, exhibit: name, isOn: true } as const;
    const seq = story.amiss.happenings[at]?.seq ?? null;
    await openCase(from, { seq });
  };
  return (
    <div class="page-head exhibit-head">
      <nav class="exhibit-nav" aria-label="Exhibits">
        <a href="/museum">Museum</a>
        <Neighbour label={labels[place - 1]} words="before" />
        <Neighbour label={place === -1 ? undefined : labels[place + 1]} words="next" />
      </nav>
      <h1>{name}</h1>
      <p class="exhibit-title">{title}</p>
      <p>{what}</p>
      <dl class="exhibit-facts">
        <Fact name="in" value={where} />
        <Fact name="Linux" value={releases ?? 'none ever'} />
        <Fact name="source" value={source} />
        <Fact name="caught by" value={judge} />
      </dl>
      <button type="button" class="exhibit-open" onClick={() => void open()}>
        The whole machine at this step
      </button>
    </div>
  );
}

function Neighbour(props: { readonly label: ExhibitLabel | undefined; readonly words: string }) {
  if (props.label === undefined) return null;
  return (
    <a href={exhibitHref(props.label.name)}>
      {props.words}: {props.label.name}
    </a>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
