import { type Signal, useSignal } from '@preact/signals';
import { CASE_FILE_BYTES_MAX } from '../model/case-file.js';
import type { RaceChoices } from '../model/race-choices.js';
import type { RaceValues, SourceKind } from '../model/race-order.js';
import { NumberField, SelectField } from '../view/fields.js';

interface Props {
  readonly choices: RaceChoices;
  readonly values: RaceValues;
  readonly source: Signal<SourceKind>;
}

const SOURCES: readonly { readonly kind: SourceKind; readonly text: string }[] = [
  { kind: 'workload', text: 'A workload' },
  { kind: 'commands', text: 'Own commands, or a case file' },
  { kind: 'vm', text: 'What a VM has run' },
];

/** The source of the commands, and what it needs. */
export function SourceFields({ choices, values, source }: Props) {
  return (
    <fieldset class="race-source-fields">
      <legend>Commands</legend>
      {SOURCES.map(({ kind, text }) => (
        <label key={kind} class="race-policy">
          <input
            type="radio"
            name="source"
            value={kind}
            checked={source.value === kind}
            onChange={() => {
              source.value = kind;
            }}
          />
          {text}
        </label>
      ))}
      {source.value === 'workload' && <WorkloadFields choices={choices} values={values} />}
      {source.value === 'commands' && <CommandFields values={values} />}
      {source.value === 'vm' && <VmFields choices={choices} values={values} />}
    </fieldset>
  );
}

type Fields = Omit<Props, 'source'>;

function WorkloadFields({ choices: { workloads }, values }: Fields) {
  const workload = useSignal(values.workload);
  return (
    <>
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
        <NumberField
          name="commands"
          title="Commands"
          value={values.commands}
          min={1}
          max={400_000}
        />
        <NumberField name="seed" title="Seed" value={values.seed} min={0} max={4_294_967_295} />
      </div>
    </>
  );
}

function CommandFields({ values }: Pick<Props, 'values'>) {
  const text = useSignal(values.text);
  const failure = useSignal('');
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    failure.value =
      file.size > CASE_FILE_BYTES_MAX
        ? `Cannot read it: it has more than ${CASE_FILE_BYTES_MAX} bytes, the bound`
        : '';
    if (failure.value === '') text.value = await file.text();
  };
  return (
    <>
      <label class="field">
        One command a line, an array, or a case file
        <textarea
          name="text"
          rows={8}
          spellcheck={false}
          placeholder={'{"kind":"mov-cr3","vcpu":0,"value":"0x1000"}'}
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
          }}
        />
      </label>
      <label class="field">
        From a file
        <input
          type="file"
          accept=".json,.jsonl,application/json"
          onChange={({ currentTarget }) => void read(currentTarget.files?.[0])}
        />
      </label>
      <label class="field">
        Configuration, as JSON
        <textarea name="config" rows={2} spellcheck={false} placeholder='{"paging":"ept"}' />
      </label>
      <p class="hint">Left empty, it is that of the case file, or the usual one.</p>
      <p class="failure" role="alert">
        {failure}
      </p>
    </>
  );
}

function VmFields({ choices: { vms }, values }: Fields) {
  if (vms.length === 0) return <p class="hint">There is no VM on this server.</p>;
  return (
    <>
      <SelectField name="vm" title="VM" names={vms} value={values.vm} />
      <label class="field">
        Up to seq
        <input name="seq" type="number" min={0} placeholder="now" defaultValue={values.seq} />
      </label>
    </>
  );
}
