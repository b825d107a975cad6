import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { createVm, getModel, listPolicies } from '../api/client.js';
import type { Model, NewVm, PolicySummary } from '../api/wire.js';
import { closeDialog } from '../shell/dialogs.js';
import { vmHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';

const model = signal<Model | null>(null);
const policies = signal<readonly PolicySummary[]>([]);
const policy = signal('mainline');
const failure = signal<string | null>(null);
const busy = signal(false);

const DEFAULT_KERNEL: NewVm['kernel'] = '6.1';

/** Creates a VM and goes to its page. */
export function NewVmForm() {
  useEffect(() => void loadChoices(), []);
  const chosen = policies.value.find(({ name }) => name === policy.value);
  return (
    <form class="new-vm" onSubmit={(event) => void submit(event)}>
      <label class="field field-wide">
        Policy
        <select
          name="policy"
          value={policy.value}
          onChange={({ currentTarget }) => {
            policy.value = currentTarget.value;
          }}
        >
          {policies.value.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <p class="policy-summary">{chosen === undefined ? '' : summaryOf(chosen)}</p>
      <label class="field">
        Paging
        <select name="paging">
          <option value="shadow">shadow</option>
          <option value="ept">ept</option>
        </select>
      </label>
      <label class="field">
        Kernel
        <select name="kernel">
          {model.value?.kernels.map((kernel) => (
            <option key={kernel} value={kernel} selected={kernel === DEFAULT_KERNEL}>
              {kernel}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        vCPUs
        <input
          name="vcpus"
          type="number"
          min={1}
          max={model.value?.bounds.vcpusPerVm}
          value={1}
          required
        />
      </label>
      <button type="submit" disabled={busy.value || model.value === null}>
        Create VM
      </button>
      <p class="failure" role="alert">
        {failure}
      </p>
    </form>
  );
}

function summaryOf({ summary, costBytes }: PolicySummary): string {
  if (costBytes === 0) return summary;
  const cost = costBytes > 0 ? `It adds ${costBytes}` : `It saves ${-costBytes}`;
  return `${summary} ${cost} bytes of struct kvm_mmu.`;
}

async function loadChoices(): Promise<void> {
  try {
    [policies.value, model.value] = await Promise.all([listPolicies(), getModel()]);
  } catch (error) {
    failure.value = (error as Error).message;
  }
}

async function submit(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const data = new FormData(event.currentTarget as HTMLFormElement);
  busy.value = true;
  try {
    const { id } = await createVm({
      policy: String(data.get('policy')) as NonNullable<NewVm['policy']>,
      paging: data.get('paging') === 'ept' ? 'ept' : 'shadow',
      kernel: String(data.get('kernel')) as NonNullable<NewVm['kernel']>,
      vcpus: Number(data.get('vcpus')),
    });
    closeDialog();
    busy.value = false;
    navigate(vmHref(id));
  } catch (error) {
    failure.value = (error as Error).message;
    busy.value = false;
  }
}
