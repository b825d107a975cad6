import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { hasToGo } from '../model/job-progress.js';
import { type RaceWatch, runRace } from '../model/race.js';
import { type RaceChoices, raceChoices } from '../model/race-choices.js';
import { orderIn, type SourceKind, valuesOf } from '../model/race-order.js';
import { raceHref } from '../shell/links.js';
import { address, navigate } from '../shell/router.js';
import { NumberField, SelectField } from '../view/fields.js';
import { SourceFields } from './source-fields.js';

interface Props {
  readonly watch: RaceWatch;
}

/** Form of a race: its commands, the machine's rules, and the policies. */
export function RaceForm({ watch }: Props) {
  const choices = useSignal<RaceChoices | null>(null);
  const race = watch.job.peek()?.result ?? null;
  const values = useMemo(() => valuesOf(race, watch.order.peek(), address.peek().hash), [race]);
  const source = useSignal<SourceKind>(values.source);
  const policy = useSignal<readonly string[] | null>(null);
  useEffect(() => void load(choices, watch), [choices, watch]);
  const known = choices.value;
  if (known === null) return <p class="hint">Reading what can be raced ...</p>;
  const busy = watch.job.value !== null && hasToGo(watch.job.value);
  const picked = policy.value ?? values.policies ?? known.policies.map(({ name }) => name);
  return (
    <form class="race-form" onSubmit={(event) => void submit(event, watch)}>
      <SourceFields choices={known} values={values} source={source} />
      <div class="race-numbers">
        <NumberField
          name="prevRoots"
          title="prev_roots"
          value={values.prevRoots}
          min={0}
          max={15}
        />
        <SelectField name="kernel" title="Kernel" names={known.kernels} value={values.kernel} />
      </div>
      <SelectField name="prices" title="Prices" names={known.prices} value={values.prices} />
      <Policies choices={known} picked={picked} policy={policy} />
      <button type="submit" disabled={busy}>
        Race
      </button>
    </form>
  );
}

interface PoliciesProps {
  readonly choices: RaceChoices;
  readonly picked: readonly string[];
  readonly policy: Signal<readonly string[] | null>;
}

function Policies({ choices, picked, policy }: PoliciesProps) {
  return (
    <fieldset class="race-policies">
      <legend>Policies</legend>
      {choices.policies.map(({ name, summary }) => (
        <label key={name} class="race-policy" title={summary}>
          <input
            type="checkbox"
            name="policy"
            value={name}
            checked={picked.includes(name)}
            onChange={({ currentTarget: { checked } }) => {
              policy.value = checked ? [...picked, name] : picked.filter((one) => one !== name);
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}

async function load(choices: Signal<RaceChoices | null>, watch: RaceWatch): Promise<void> {
  try {
    choices.value = await raceChoices();
  } catch (error) {
    watch.failure.value = (error as Error).message;
  }
}

async function submit(event: SubmitEvent, watch: RaceWatch): Promise<void> {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  const data = new FormData(event.currentTarget);
  try {
    await runRace(watch, orderIn(data), (job) => navigate(raceHref(job)));
  } catch (error) {
    watch.failure.value = (error as Error).message;
  }
}
