import { useSignal } from '@preact/signals';
import { deleteVm } from '../api/client.js';
import type { VmSummary } from '../api/wire.js';
import { momentHref, vmHref } from '../shell/links.js';
import { figure } from '../view/figure.js';
import { isWrong, tagsOf } from './fleet-rows.js';
import type { Sketch, Sketches } from './sketches.js';

interface Props {
  readonly vm: VmSummary;
  readonly sketches: Sketches;
  readonly top: number;
  readonly height: number;
  readonly onDeleted: () => void;
}

/** A VM in a row: what it is, whether anything is wrong, and what it has done. */
export function VmRow({ vm, sketches, top, height, onDeleted }: Props) {
  const sketch = sketches.of(vm.id, vm.seq).value;
  return (
    <li
      class="vm-row"
      data-wrong={isWrong(vm)}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      <a class="vm-row-name" href={vmHref(vm.id)}>
        <b>{vm.name ?? vm.id}</b>
        {vm.name !== null && <span>{vm.id}</span>}
      </a>
      <span class="vm-row-policy">{vm.policy}</span>
      <span class="vm-row-kind">
        {vm.paging}, {vm.kernel}, {vm.vcpus} vCPU{vm.vcpus === 1 ? '' : 's'}
      </span>
      <span class="vm-row-tags">
        {tagsOf(vm.tags).map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </span>
      <Verdict vm={vm} sketch={sketch} />
      <Spark sketch={sketch} />
      <span class="vm-row-seq">{figure(vm.seq)}</span>
      <Delete vm={vm} onDeleted={onDeleted} />
    </li>
  );
}

function Verdict({ vm, sketch }: { readonly vm: VmSummary; readonly sketch: Sketch | null }) {
  const count = vm.found?.violations ?? 0;
  if (vm.poisoned) return <span class="vm-row-verdict wrong">the model failed: {vm.failure}</span>;
  if (vm.found === null) return <span class="vm-row-verdict">no oracle</span>;
  if (count === 0) return <span class="vm-row-verdict">clean</span>;
  const words = `${count} violation${count === 1 ? '' : 's'}`;
  return (
    <span class="vm-row-verdict wrong">
      {sketch === null || sketch.violation === null ? (
        words
      ) : (
        <a href={momentHref(vm.id, sketch.violation)}>
          {words} @{sketch.violation}
        </a>
      )}
    </span>
  );
}

/** Height of the curve in its own units. */
const SPARK_HEIGHT = 24;

/** Curve of the whole history of a VM. */
function Spark({ sketch }: { readonly sketch: Sketch | null }) {
  const columns = sketch?.columns ?? [];
  const most = Math.max(1, ...columns);
  const path = columns
    .map((count, index) => `M${index + 0.5} ${SPARK_HEIGHT}v${-(count / most) * SPARK_HEIGHT}`)
    .join('');
  const wrongAt =
    sketch === null || sketch.violation === null
      ? null
      : (sketch.violation / Math.max(1, sketch.head)) * columns.length;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${Math.max(1, columns.length)} ${SPARK_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="spark-columns" d={path} />
      {wrongAt !== null && <path class="spark-wrong" d={`M${wrongAt} 0V${SPARK_HEIGHT}`} />}
    </svg>
  );
}

/** Deletes a VM when it is pressed twice: a VM does not come back. */
function Delete({ vm, onDeleted }: Pick<Props, 'vm' | 'onDeleted'>) {
  const isAsked = useSignal(false);
  const press = async () => {
    if (!isAsked.value) {
      isAsked.value = true;
      return;
    }
    // One that is gone already is what was wanted.
    await deleteVm(vm.id).catch(() => undefined);
    onDeleted();
  };
  return (
    <button
      type="button"
      class="vm-row-delete"
      aria-label={`${isAsked.value ? 'Really delete' : 'Delete'} ${vm.name ?? vm.id}`}
      onClick={() => void press()}
      onBlur={() => {
        isAsked.value = false;
      }}
    >
      {isAsked.value ? 'Really?' : 'Delete'}
    </button>
  );
}
