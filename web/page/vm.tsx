import { useMemo } from 'preact/hooks';
import { watchVm } from '../model/watch.js';
import type { Params } from '../shell/path.js';
import { VmView } from '../view/vm-view.js';

/** The page of a VM. */
export function View({ params: { vm = '' } }: { readonly params: Params }) {
  const watch = useMemo(() => watchVm(vm), [vm]);
  return <VmView id={vm} watch={watch} />;
}
