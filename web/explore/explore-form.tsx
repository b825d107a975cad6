import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { listPolicies } from '../api/client.js';
import { startExploration } from '../api/jobs.js';
import { EXTRAS, explorationOf } from '../model/exploration.js';
import { exploreHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';
import { NumberField, SelectField } from '../view/fields.js';

/** A machine to search through. */
export function ExploreForm() {
  const policies = useSignal<readonly string[]>([]);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    void listPolicies().then(
      (all) => {
        policies.value = all.map(({ name }) => name);
      },
      (error: Error) => {
        failure.value = error.message;
      },
    );
  }, [policies, failure]);
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    failure.value = null;
    try {
      const form = new FormData(event.currentTarget as HTMLFormElement);
      navigate(exploreHref((await startExploration(explorationOf(form))).id));
    } catch (error) {
      failure.value = (error as Error).message;
    }
  };
  return (
    <form class="panel trace-part explore-form" onSubmit={(event) => void start(event)}>
      <p>
        A guest with address spaces that share no table, and one entry that it edits. Whatever may
        befall it is tried in every state that it can come to.
      </p>
      <div class="explore-fields">
        <SelectField name="policy" title="Policy" names={policies.value} value="mainline" />
        <NumberField name="slots" title="Slots" value={1} min={0} max={3} />
        <NumberField name="spaces" title="Address spaces" value={2} min={2} max={4} />
        <NumberField name="vcpus" title="vCPUs" value={1} min={1} max={2} />
        <NumberField
          name="depth"
          title="Commands deep, at most"
          value={1000}
          min={1}
          max={1000000}
        />
        <NumberField name="memoryMib" title="MiB, at most" value={64} min={1} max={256} />
      </div>
      <fieldset>
        <legend>What may happen besides</legend>
        {Object.entries(EXTRAS).map(([name, what]) => (
          <label key={name} class="explore-extra">
            <input type="checkbox" name={name} /> <b>{name}</b> <span class="hint">{what}</span>
          </label>
        ))}
      </fieldset>
      <p class="trace-saves">
        <button type="submit">Explore</button>
      </p>
      <p class="failure" role="alert">
        {failure}
      </p>
    </form>
  );
}
