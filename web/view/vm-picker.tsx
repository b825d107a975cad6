import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { listVms } from '../api/client.js';
import type { VmSummary } from '../api/wire.js';
import { vmHref } from '../shell/links.js';
import { NewVmForm } from './new-vm-form.js';
import { PageHead } from './page-head.js';

const vms = signal<readonly VmSummary[] | null>(null);
const more = signal(false);
const failure = signal<string | null>(null);

/** The list of VMs, with a form to create one. */
export function VmPicker() {
  useEffect(() => {
    const look = () => void refresh();
    look();
    addEventListener('focus', look);
    return () => removeEventListener('focus', look);
  }, []);
  return (
    <>
      <PageHead>
        <p class="tagline">KVM’s MMU, live: roots, requests and flushes of every vCPU</p>
      </PageHead>
      <main class="picker">
        <section class="panel">
          <h1 class="panel-title">VMs</h1>
          <VmList />
        </section>
        <section class="panel">
          <h2 class="panel-title">New VM</h2>
          <NewVmForm />
        </section>
      </main>
    </>
  );
}

function VmList() {
  if (failure.value !== null) {
    return (
      <p class="failure" role="alert">
        {failure}
      </p>
    );
  }
  if (vms.value === null) return <p class="hint">Looking for VMs</p>;
  if (vms.value.length === 0) return <p class="hint">There is none yet. Create one.</p>;
  return (
    <>
      <ul class="vm-list">
        {vms.value.map((vm) => (
          <VmLink key={vm.id} vm={vm} href={vmHref(vm.id)} />
        ))}
      </ul>
      {more.value && <p class="hint">There are more. Any VM opens as {vmHref('ID')}.</p>}
    </>
  );
}

function VmLink({ vm, href }: { readonly vm: VmSummary; readonly href: string }) {
  return (
    <li>
      <a class="vm-link" href={href}>
        <span class="vm-id">{vm.id}</span>
        <span class="vm-facts">
          {vm.policy}, kernel {vm.kernel}, {vm.paging}, {vm.vcpus} vCPU{vm.vcpus === 1 ? '' : 's'}
        </span>
        <span class="vm-seq">seq {vm.seq}</span>
      </a>
    </li>
  );
}

async function refresh(): Promise<void> {
  try {
    const found = await listVms();
    failure.value = null;
    vms.value = found.vms;
    more.value = found.more;
  } catch (error) {
    failure.value = (error as Error).message;
  }
}
