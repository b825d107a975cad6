import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { getVm, type RequestFailed } from '../api/client.js';
import type { WireVm } from '../api/wire.js';
import { createDesk } from '../lanes/desk.js';
import { Lanes } from '../lanes/lanes.js';
import { serverSource } from '../model/server-source.js';
import { Card } from '../shell/card.js';
import { vmRaceHref } from '../shell/links.js';
import type { Params } from '../shell/path.js';

/** vCPUs that are open at first: of a phone one, which then fills it. */
const openMaxHere = () => (matchMedia('(width < 45rem)').matches ? 1 : 4);

/** The page of a VM: its lanes over time. */
export function View({ params: { vm: id = '' } }: { readonly params: Params }) {
  const vm = useSignal<WireVm | null>(null);
  const refusal = useSignal<RequestFailed | null>(null);
  const desk = useMemo(() => createDesk(serverSource(id), openMaxHere()), [id]);
  useEffect(() => desk.end, [desk]);
  useEffect(() => {
    getVm(id).then(
      (found) => {
        vm.value = found;
        desk.isDirect.value = found.paging === 'ept';
      },
      (error: RequestFailed) => {
        // A server that does not answer may yet: the lamp tells.
        if (error.status !== 0) refusal.value = error;
      },
    );
  }, [id, vm, refusal, desk]);
  if (refusal.value !== null) return <NoVm id={id} reason={refusal.value.message} />;
  return (
    <main class="vm-page">
      <VmHead id={id} vm={vm.value} />
      <Lanes desk={desk} vm={id} />
    </main>
  );
}

function NoVm({ id, reason }: { readonly id: string; readonly reason: string }) {
  return (
    <Card title={`No VM ${id} here`}>
      <p>{reason}</p>
      <p>A VM lives as long as its server runs, and until it is deleted.</p>
      <a class="button" href="/">
        All VMs
      </a>
    </Card>
  );
}

function VmHead({ id, vm }: { readonly id: string; readonly vm: WireVm | null }) {
  return (
    <header class="vm-head">
      <h1>{vm?.name ?? id}</h1>
      {vm !== null && (
        <>
          <p class="vm-facts">
            {vm.name !== null && <span class="vm-id">{vm.id}</span>}
            <span>{vm.policy}</span>
            <span>{vm.paging === 'ept' ? 'EPT' : 'shadow paging'}</span>
            <span>
              kernel {vm.kernel}, {vm.vendor === 'svm' ? 'AMD' : 'Intel'}
            </span>
            <span>
              {vm.vcpus} vCPU{vm.vcpus === 1 ? '' : 's'}
            </span>
          </p>
          {vm.poisoned && <p class="failure">The model failed on this VM: {vm.failure}</p>}
          {vm.lanes !== undefined && (
            <a class="button vm-race-link" href={vmRaceHref(id)}>
              Race
            </a>
          )}
        </>
      )}
    </header>
  );
}
