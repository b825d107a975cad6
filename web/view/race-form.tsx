import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getModel, listPolicies, listWorkloads } from '../api/client.js';
import type { Model, PolicySummary, RaceOrder, WorkloadSummary } from '../api/wire.js';
import { hasToGo, type RaceWatch, runRace } from '../model/race.js';
import { raceHref } from '../shell/links.js';

const DEFAULT_KERNEL = '6.1';

type Kernel = NonNullable<RaceOrder['kernels']>[number];
type Policy = Exclude<RaceOrder['policies'], 'all' | undefined>[number];
type Source = Extract<RaceOrder['source'], { kind: 'workload' }>;

interface Choices {
  readonly workloads: readonly WorkloadSummary[];
  readonly policies: readonly PolicySummary[];
  readonly kernels: Model['kernels'];
}

interface Props {
  readonly watch: RaceWatch;
}

/** Form of a race: a workload, its seed and number of commands, and policies. */
export function RaceForm({ watch }: Props) {
  const choices = useSignal<Choices | null>(null);
  const workload = useSignal('kpti');
  useEffect(() => void load(choices, watch), [choices, watch]);
  const { workloads = [], policies = [], kernels = [] } = choices.value ?? {};
  const busy = watch.job.value !== null && hasToGo(watch.job.value);
  return (
    <form class="race-form" onSubmit={(event) => submit(event, { watch })}>
      <label class="field">
        Workload
        <select
          name="workload"
          value={workload.value}
          onChange={({ currentTarget }) => {
            workload.value = currentTarget.value;
          }}
        >
          {workloads.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <p class="race-summary">{workloads.find(({ name }) => name === workload.value)?.summary}</p>
      <div class="race-numbers">
        <NumberField name="commands" title="Commands" value={5000} min={1} max={400_000} />
        <NumberField name="seed" title="Seed" value={1} min={0} max={4_294_967_295} />
        <NumberField name="prevRoots" title="prev_roots" value={3} min={0} max={15} />
        <label class="field">
          Kernel
          <select name="kernel">
            {kernels.map((kernel) => (
              <option key={kernel} value={kernel} selected={kernel === DEFAULT_KERNEL}>
                {kernel}
              </option>
            ))}
          </select>
        </label>
      </div>
      <fieldset class="race-policies">
        <legend>Policies</legend>
        {policies.map(({ name, summary }) => (
          <label key={name} class="race-policy" title={summary}>
            <input type="checkbox" name="policy" value={name} defaultChecked />
            {name}
          </label>
        ))}
      </fieldset>
      <button type="submit" disabled={busy || choices.value === null}>
        Race
      </button>
    </form>
  );
}

interface NumberProps {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

function NumberField({ name, title, value, min, max }: NumberProps) {
  return (
    <label class="field">
      {title}
      <input name={name} type="number" min={min} max={max} defaultValue={value} required />
    </label>
  );
}

async function load(choices: { value: Choices | null }, watch: RaceWatch): Promise<void> {
  try {
    const [workloads, policies, { kernels }] = await Promise.all([
      listWorkloads(),
      listPolicies(),
      getModel(),
    ]);
    choices.value = { workloads, policies, kernels };
  } catch (error) {
    watch.failure.value = (error as Error).message;
  }
}

function submit(event: SubmitEvent, { watch }: Props): void {
  event.preventDefault();
  const data = new FormData(event.currentTarget as HTMLFormElement);
  const policies = data.getAll('policy').map((name) => String(name) as Policy);
  if (policies.length === 0) {
    watch.failure.value = 'Cannot race: no policy is picked; pick one or more';
    return;
  }
  const order: RaceOrder = {
    source: {
      kind: 'workload',
      name: String(data.get('workload')) as Source['name'],
      seed: Number(data.get('seed')),
      parameters: { commands: Number(data.get('commands')) },
    },
    policies,
    prevRoots: [Number(data.get('prevRoots'))],
    kernels: [String(data.get('kernel')) as Kernel],
  };
  void runRace(watch, order, (job) => history.replaceState(null, '', raceHref(job)));
}
