import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Named } from '../engine/protocol.js';
import { startEngine } from '../model/engine.js';
import { lineText, TRIO } from '../model/split.js';
import { type Action, useActions } from '../shell/actions.js';
import { closeDialog, dialog, openLines } from '../shell/dialogs.js';
import { Modal } from '../shell/modal.js';
import { caseOfVm } from './case-of-vm.js';
import { openCase } from './held.js';

interface Props {
  readonly vm: string;
  /** The moment that a line is taken out from; null for the beginning. */
  readonly seq: number | null;
}

/** Runs the commands of a VM once more in the page, under other rules. */
export function WhatIf({ vm, seq }: Props) {
  const said = useSignal('');
  const open = useMemo(
    () => async (lanes: readonly string[], at: number | null) => {
      said.value = 'Reading the commands ...';
      try {
        await openCase(await caseOfVm(vm, at), { seq: at, lanes });
      } catch (error) {
        said.value = error instanceof Error ? error.message : String(error);
      }
    },
    [vm, said],
  );
  const trio = useMemo(() => () => void open(TRIO, seq), [open, seq]);
  useActions(
    useMemo(
      (): Action[] => [
        { group: 'What if', key: 'x', text: 'Split in three policies', isCommand: true, run: trio },
        { group: 'What if', text: 'Take out a line of KVM', isCommand: true, run: openLines },
      ],
      [trio],
    ),
  );
  return (
    <>
      <span role="status" class="hint">
        {said}
      </span>
      <button
        type="button"
        title="Run the same commands in this page under mainline, need-sync and never-cache"
        onClick={trio}
      >
        Split in three policies <kbd>X</kbd>
      </button>
      <button
        type="button"
        title="Run the same commands in this page without a line of KVM"
        onClick={openLines}
      >
        Take out a line of KVM
      </button>
      {dialog.value.kind === 'lines' && (
        <LinesOfKvm
          seq={seq}
          onLine={(line) => {
            closeDialog();
            void open([lineText(line, seq ?? 0)], seq);
          }}
        />
      )}
    </>
  );
}

interface LinesProps {
  readonly seq: number | null;
  readonly onLine: (line: string) => void;
}

/** Every line that can be taken out of KVM, each with what goes wrong then. */
function LinesOfKvm({ seq, onLine }: LinesProps) {
  const lines = useSignal<readonly Named[]>([]);
  const failure = useSignal('');
  useEffect(() => {
    // The page of the case needs the model as well: it is then there already.
    const engine = startEngine();
    engine.call('catalogue', {}).then(
      ({ defects }) => {
        lines.value = defects;
      },
      (error: Error) => {
        failure.value = error.message;
      },
    );
    return engine.end;
  }, [lines, failure]);
  return (
    <Modal label="Take out a line of KVM" kind="lines">
      <div class="modal-head">
        <h2>Take out a line of KVM {seq === null ? 'from the beginning on' : `from @${seq} on`}</h2>
        <button type="button" onClick={closeDialog}>
          Close
        </button>
      </div>
      <p class="failure">{failure}</p>
      <ul class="open-list lines-list">
        {lines.value.map(({ name, summary }) => (
          <li key={name}>
            <button type="button" class="open-one" onClick={() => onLine(name)}>
              <span class="open-name">{name}</span>
              <span class="open-summary">{summary}</span>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
