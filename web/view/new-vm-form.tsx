import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { createVm, listPolicies } from '../api/client.js';
import type { NewVm, PolicySummary } from '../api/wire.js';

const policies = signal<readonly PolicySummary[]>([]);
const policy = signal('mainline');
const failure = signal<string | null>(null);
const busy = signal(false);

const KERNELS = ['5.13', '5.14', '6.1', '6.12', '7.3'] as const satisfies NewVm['kernel'][];

/** Creates a VM and goes to it. */
export function NewVmForm() {
  useEffect(() => void loadPolicies(), []);
  const chosen = policies.value.find(({ name }) => name === policy.value);
  return (
    <form class="new-vm" onSubmit={submit}>
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
          {KERNELS.map((kernel) => (
            <option key={kernel} value={kernel} selected={kernel === '6.1'}>
              {kernel}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        vCPUs
        <input name="vcpus" type="number" min={1} max={64} value={1} required />
      </label>
      <button type="submit" disabled={busy.value}>
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

async function loadPolicies(): Promise<void> {
  try {
    policies.value = await listPolicies();
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
    location.assign(`/?vm=${encodeURIComponent(id)}`);
  } catch (error) {
    failure.value = (error as Error).message;
    busy.value = false;
  }
}
