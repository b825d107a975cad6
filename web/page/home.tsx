import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { runDemo } from '../home/demo.js';
import { fleetWords } from '../home/fleet-rows.js';
import { watchFleet } from '../home/fleet-watch.js';
import { NewVmForm } from '../home/new-vm-form.js';
import { VmTable } from '../home/vm-table.js';
import { type Action, useActions } from '../shell/actions.js';
import { closeDialog, dialog, openNewVm } from '../shell/dialogs.js';
import { vmHref } from '../shell/links.js';
import { Modal } from '../shell/modal.js';
import { CASE_PATH } from '../shell/place.js';
import { navigate } from '../shell/router.js';

/** The page at `/`: what is alive, and whether anything is wrong. */
export function View() {
  const fleet = useMemo(watchFleet, []);
  useEffect(() => fleet.end, [fleet]);
  const failure = useSignal('');
  const isStarting = useSignal(false);
  const start = async () => {
    if (isStarting.value) return;
    isStarting.value = true;
    failure.value = '';
    try {
      navigate(vmHref(await runDemo()));
    } catch (error) {
      failure.value = (error as Error).message;
    }
    isStarting.value = false;
  };
  useActions(useMemo(() => actionsOf(start), []));
  const vms = fleet.vms.value;
  return (
    <main class="home">
      <header class="home-head">
        <h1>{vms === null ? 'VMs' : fleetWords(vms)}</h1>
        <p class="home-acts">
          <button
            type="button"
            class="primary"
            disabled={isStarting.value}
            onClick={() => void start()}
          >
            Watch a demo <kbd>D</kbd>
          </button>
          <button type="button" onClick={openNewVm}>
            New VM <kbd>C</kbd>
          </button>
          <a class="button" href={CASE_PATH}>
            Open a case
          </a>
        </p>
        <p class="failure" role="alert">
          {failure.value || fleet.refusal.value?.message}
        </p>
      </header>
      {vms?.length === 0 && <FirstSteps />}
      {vms !== null && vms.length > 0 && <VmTable vms={vms} fleet={fleet} />}
      {dialog.value.kind === 'new-vm' && (
        <Modal label="New VM" kind="new-vm">
          <div class="modal-head">
            <h2>New VM</h2>
            <button type="button" onClick={closeDialog}>
              Close
            </button>
          </div>
          <NewVmForm />
        </Modal>
      )}
    </main>
  );
}

function FirstSteps() {
  return (
    <section class="card home-first">
      <h2>Nothing runs here yet</h2>
      <p>
        mmulab keeps the MMU state that KVM keeps for every vCPU, and shows what each guest
        instruction does to it. The demo runs an L1 hypervisor under a policy that is wrong for it:
        press <kbd>N</kbd> there, and you stand at the access that should not have been allowed.
      </p>
      <p>
        From a shell, <code>curl {location.origin}/v1/vms --json &#39;&#123;&#125;&#39;</code> makes
        a VM, which appears here.
      </p>
    </section>
  );
}

function actionsOf(start: () => Promise<void>): readonly Action[] {
  const group = 'VMs';
  return [
    { group, key: 'd', text: 'Watch a demo', isCommand: true, run: () => void start() },
    { group, key: 'c', text: 'New VM', isCommand: true, run: openNewVm },
    {
      group,
      key: 'f',
      text: 'Filter',
      run: () => document.querySelector<HTMLInputElement>('.fleet-filter')?.focus(),
    },
  ];
}
