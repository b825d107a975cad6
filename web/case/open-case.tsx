import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Catalogue, Named } from '../engine/protocol.js';
import { CASE_FILE_BYTES_MAX, caseOfFile } from '../model/case-file.js';
import type { Engine } from '../model/engine.js';
import type { LocalCase } from '../model/local-case.js';

interface Props {
  readonly engine: Engine;
  readonly onOpen: (from: LocalCase) => void;
}

/** Offers cases: a file, an exhibit of the museum, or a workload. */
export function OpenCase({ engine, onOpen }: Props) {
  const catalogue = useSignal<Catalogue | null>(null);
  const failure = useSignal('');
  useEffect(() => {
    engine.call('catalogue', {}).then(
      (found) => {
        catalogue.value = found;
      },
      (error: Error) => {
        failure.value = error.message;
      },
    );
  }, [engine, catalogue, failure]);
  return (
    <main class="open-case">
      <h1 class="page-title">Replay a case in this page</h1>
      <p class="hint">
        The model itself runs here: no server is asked, and a link to the case holds all of it.
      </p>
      <p class="failure" role="alert">
        {failure.value}
      </p>
      <div class="open-ways">
        <FileWay onOpen={onOpen} failure={failure} />
        {catalogue.value !== null && <Ways catalogue={catalogue.value} onOpen={onOpen} />}
      </div>
    </main>
  );
}

function FileWay(props: Pick<Props, 'onOpen'> & { readonly failure: { value: string } }) {
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    props.failure.value = '';
    try {
      if (file.size > CASE_FILE_BYTES_MAX) {
        throw new Error(`Cannot read it: it has more than ${CASE_FILE_BYTES_MAX} bytes, the bound`);
      }
      props.onOpen(caseOfFile(await file.text()));
    } catch (error) {
      props.failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <section class="panel open-way">
      <h2 class="part-title">A case file</h2>
      <p class="hint">As `mmulab workload` writes it, or a server at /v1/vms/ID/case.</p>
      <label class="inline-field">
        <span class="reader-only">Case file</span>
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget }) => void read(currentTarget.files?.[0])}
        />
      </label>
    </section>
  );
}

function Ways({ catalogue, onOpen }: Pick<Props, 'onOpen'> & { readonly catalogue: Catalogue }) {
  const mmulab = MMULAB_VERSION;
  return (
    <>
      <Choice
        title="An exhibit of the museum"
        hint="A line of KVM that is wrong, and the guest that it bites."
        named={catalogue.exhibits}
        onChoice={(exhibit) => onOpen({ kind: 'exhibit', mmulab, exhibit, isOn: true })}
      />
      <Choice
        title="A workload"
        hint="5,000 commands of a guest, under mainline."
        named={catalogue.workloads}
        onChoice={(workload) =>
          onOpen({ kind: 'generated', mmulab, workload, seed: 1, values: {}, changes: {} })
        }
      />
    </>
  );
}

interface ChoiceProps {
  readonly title: string;
  readonly hint: string;
  readonly named: readonly Named[];
  readonly onChoice: (name: string) => void;
}

function Choice({ title, hint, named, onChoice }: ChoiceProps) {
  return (
    <section class="panel open-way">
      <h2 class="part-title">{title}</h2>
      <p class="hint">{hint}</p>
      <ul class="open-list">
        {named.map(({ name, summary }) => (
          <li key={name}>
            <button type="button" class="open-one" onClick={() => onChoice(name)}>
              <span class="open-name">{name}</span>
              <span class="open-summary">{summary}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
