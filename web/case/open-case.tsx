import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Catalogue, Named } from '../engine/protocol.js';
import type { Engine } from '../model/engine.js';
import type { LocalCase } from '../model/local-case.js';
import { fileFailure, openCase, openFile } from './held.js';

interface Props {
  readonly engine: Engine;
}

const open = (from: LocalCase) => void openCase(from);

/** Offers cases: a file, an exhibit of the museum, or a workload. */
export function OpenCase({ engine }: Props) {
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
        {failure.value || fileFailure.value}
      </p>
      <div class="open-ways">
        <FileWay />
        {catalogue.value !== null && <Ways catalogue={catalogue.value} />}
      </div>
    </main>
  );
}

function FileWay() {
  return (
    <section class="panel open-way">
      <h2 class="part-title">A case file</h2>
      <p class="hint">
        As “Save as file” or `mmulab workload` writes it, or a server at /v1/vms/ID/case. It can be
        dropped on any page as well.
      </p>
      <label class="inline-field">
        <span class="reader-only">Case file</span>
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget: { files } }) => {
            if (files?.[0] !== undefined) void openFile(files[0]);
          }}
        />
      </label>
    </section>
  );
}

function Ways({ catalogue }: { readonly catalogue: Catalogue }) {
  const mmulab = MMULAB_VERSION;
  return (
    <>
      <Choice
        title="An exhibit of the museum"
        hint="A line of KVM that is wrong, and the guest that it bites."
        named={catalogue.exhibits}
        onChoice={(exhibit) => open({ kind: 'exhibit', mmulab, exhibit, isOn: true })}
      />
      <Choice
        title="A workload"
        hint="5,000 commands of a guest, under mainline."
        named={catalogue.workloads}
        onChoice={(workload) =>
          open({ kind: 'generated', mmulab, workload, seed: 1, values: {}, changes: {} })
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
