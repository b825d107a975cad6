import { type ReadonlySignal, useSignal } from '@preact/signals';
import { listShadowPages, listSptes } from '../api/client.js';
import type { ShadowPageList, WireShadowPage, WireSpte } from '../api/wire.js';
import { useDump } from '../model/dump.js';
import { type ShadowRow, shadowRowsOf } from '../model/shadow-rows.js';
import { rightsText } from '../model/words.js';

/** Shadow pages that are drawn, at most. */
const PAGES_MAX = 200;

interface Props {
  readonly vm: string;
  /** Host address of the root. */
  readonly root: string;
  /** The newest sequence number of the VM. */
  readonly head: ReadonlySignal<number>;
}

/** The shadow pages below a root, level by level; a picked page shows its entries. */
export function ShadowTree({ vm, root, head }: Props) {
  const dump = useDump(head, `${vm} ${root}`, () => listShadowPages(vm, root, PAGES_MAX));
  const picked = useSignal<string | null>(null);
  if (dump.kind === 'loading') return <p class="hint">Reading the shadow pages below {root}</p>;
  if (dump.kind === 'gone') return <p class="hint">{root} is no shadow page any more.</p>;
  return (
    <>
      <p class="tree-facts">{factsOf(dump.value)}</p>
      <ul class="tree" aria-label={`Shadow pages below ${root}`}>
        {shadowRowsOf(dump.value.pages).map((row) => {
          const { hpa } = row.page;
          const isPicked = picked.value === hpa;
          return (
            <li key={hpa} class="tree-item" style={{ '--depth': row.depth }}>
              <PageRow
                row={row}
                isPicked={isPicked}
                onPick={() => {
                  picked.value = isPicked ? null : hpa;
                }}
              />
              {isPicked && <Sptes vm={vm} hpa={hpa} head={head} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function factsOf({ pages, total }: ShadowPageList): string {
  const unsync = pages.filter((page) => page.unsync).length;
  const count = total === 1 ? '1 page' : `${total} pages`;
  if (pages.length === total) return `${count}, ${unsync} unsync`;
  return `the first ${pages.length} of ${count}, ${unsync} of these unsync`;
}

interface PageRowProps {
  readonly row: ShadowRow;
  readonly isPicked: boolean;
  readonly onPick: () => void;
}

function PageRow({ row: { page, index }, isPicked, onPick }: PageRowProps) {
  return (
    <button
      type="button"
      class="page"
      data-page={page.hpa}
      data-unsync={page.unsync}
      aria-expanded={isPicked}
      title={`role ${page.role}, ${page.rootCount} root slots, ${page.parentCount} parents`}
      onClick={onPick}
    >
      <span class="page-level">{page.level}</span>
      <span class="page-index">{index === null ? '' : `[${index}]`}</span>
      <span class="page-hpa">{page.hpa}</span>
      <span class="page-gfn">gfn 0x{page.gfn.toString(16)}</span>
      <span class="page-marks">{marksOf(page)}</span>
    </button>
  );
}

/** Unusual properties of a page. */
function marksOf(page: WireShadowPage): string {
  const marks = [
    page.unsync ? 'unsync' : '',
    page.unsyncChildren > 0 ? 'unsync below' : '',
    page.direct ? 'direct' : '',
    page.obsolete ? 'obsolete' : '',
    page.quadrant === null ? '' : `quadrant ${page.quadrant}`,
  ];
  return marks.filter((mark) => mark !== '').join(', ');
}

/** The entries of one page that are not empty. */
function Sptes({ vm, hpa, head }: Omit<Props, 'root'> & { readonly hpa: string }) {
  const dump = useDump(head, `${vm} ${hpa}`, () => listSptes(vm, hpa));
  if (dump.kind !== 'shown') return <p class="hint">{dump.kind === 'gone' ? dump.reason : ''}</p>;
  if (dump.value.length === 0) return <p class="hint">All entries are empty.</p>;
  return (
    <ol class="entries" data-entries={hpa}>
      {dump.value.map((spte) => (
        <li key={spte.index} class="entry">
          <span class="entry-key">{spte.index}</span>
          <span class="entry-target">{targetOf(spte)}</span>
          <span class="entry-rights">{spteFlagsOf(spte)}</span>
        </li>
      ))}
    </ol>
  );
}

function targetOf({ child, gfn }: WireSpte): string {
  return child ?? `gfn 0x${(gfn ?? 0).toString(16)}`;
}

/** Rights, then the A and D bits that are set. */
function spteFlagsOf({ child, rights, accessed, dirty, mmio, accessTracked }: WireSpte): string {
  if (child !== null) return '';
  if (mmio) return 'mmio';
  const used = `${accessed ? 'A' : ''}${dirty ? 'D' : ''}`;
  return [rightsText(rights), used, accessTracked ? 'tracked' : '']
    .filter((word) => word !== '')
    .join(' ');
}
