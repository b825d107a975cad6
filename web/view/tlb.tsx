import type { ReadonlySignal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { getTlb } from '../api/client.js';
import type { WireTlb, WireTlbContext } from '../api/wire.js';
import { useDump } from '../model/dump.js';
import { rightsText } from '../model/words.js';

/** Entries that are drawn, at most. */
const ENTRIES_MAX = 256;

interface Props {
  readonly vm: string;
  readonly vcpu: number;
  /** The newest sequence number of the VM. */
  readonly head: ReadonlySignal<number>;
  /** Whether the panel is open at first. */
  readonly open: boolean;
}

/** Entries of the TLB of a vCPU, tag by tag. They are read only while the panel is open. */
export function Tlb({ vm, vcpu, head, open }: Props) {
  const isOpen = useSignal(open);
  return (
    <section class="row">
      <h3 class="row-title">
        TLB
        <button
          type="button"
          class="disclose"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {isOpen.value ? 'hide' : 'show'}
        </button>
      </h3>
      <div class="row-body tlb">
        {isOpen.value && <TlbContent vm={vm} vcpu={vcpu} head={head} />}
      </div>
    </section>
  );
}

function TlbContent({ vm, vcpu, head }: Omit<Props, 'open'>) {
  const dump = useDump(head, `${vm} ${vcpu}`, () => getTlb(vm, vcpu, ENTRIES_MAX));
  if (dump.kind !== 'shown') return <p class="hint">{dump.kind === 'gone' ? dump.reason : ''}</p>;
  const { contexts } = dump.value;
  return (
    <>
      <p class="tree-facts">{factsOf(dump.value)}</p>
      {contexts.map((context) => (
        <Context key={tagOf(context)} context={context} />
      ))}
    </>
  );
}

function factsOf({ contexts, size, capacity }: WireTlb): string {
  if (capacity === 0) return 'off: it keeps nothing';
  const shown = contexts.reduce((sum, { entries }) => sum + entries.length, 0);
  const count = size === 1 ? '1 entry' : `${size} entries`;
  const part = shown === size ? count : `the first ${shown} of ${count}`;
  return capacity === null ? part : `${part}, room for ${capacity}`;
}

function Context({ context }: { readonly context: WireTlbContext }) {
  return (
    <section class="tlb-context" data-tag={tagOf(context)}>
      <h4 class="tlb-tag">{tagOf(context)}</h4>
      <ol class="entries">
        {context.entries.map(({ address, gpa, rights }) => (
          <li key={address} class="entry">
            <span class="entry-key">{address}</span>
            <span class="entry-target">{gpa}</span>
            <span class="entry-rights">{rightsText(rights)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A tag in the words of the SDM. */
function tagOf({ kind, vpid, pcid, global, root }: WireTlbContext): string {
  const words = [
    kind,
    vpid === null ? '' : `vpid ${vpid}`,
    pcid === null ? '' : `pcid ${pcid}`,
    global ? 'global' : '',
    root === null ? '' : `root ${root}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}
