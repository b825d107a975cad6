import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getVm } from '../api/client.js';
import { listTraced } from '../api/traces.js';
import { type Traced, tracedOf } from '../model/trace.js';

/** Commands of the trace that a VM was made of; null if of none, or before they are read. */
export function useTraced(vm: string): Traced | null {
  const traced = useSignal<Traced | null>(null);
  useEffect(() => {
    let isOver = false;
    traced.value = null;
    const read = async () => {
      if ((await getVm(vm)).trace === undefined) return;
      const commands = await listTraced(vm);
      if (!isOver) traced.value = tracedOf(commands);
    };
    // Without it the page shows the same, and its own calls tell what is wrong.
    read().catch(() => undefined);
    return () => {
      isOver = true;
    };
  }, [vm, traced]);
  return traced.value;
}
