import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo } from 'preact/hooks';
import { listVms } from '../api/client.js';
import type { VmSummary } from '../api/wire.js';
import { actions } from './actions.js';
import { closeDialog } from './dialogs.js';
import { type Find, findsFor, type KnownVm } from './finds.js';
import { nameOf } from './keys-help.js';
import { Modal } from './modal.js';
import { paramsOf } from './path.js';
import { isStatic } from './place.js';
import { address, navigate } from './router.js';

/** The list of commands and places, narrowed by what is typed. */
export function Palette({ text: first }: { readonly text: string }) {
  const text = useSignal(first);
  const picked = useSignal(0);
  const vms = useSignal<readonly KnownVm[]>([]);
  const list = useId();
  useEffect(() => {
    if (isStatic) return;
    // Without the VMs there are still the commands.
    void listVms().then(
      (found) => {
        vms.value = found.vms.map(knownOf);
      },
      () => undefined,
    );
  }, [vms]);
  const vm = useMemo(vmHere, []);
  const known = { actions: actions.value, vms: vms.value, vm, go: navigate };
  const finds = findsFor(text.value, known);
  const at = Math.min(picked.value, finds.length - 1);
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      picked.value = (at + step + finds.length) % Math.max(1, finds.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      take(finds[at]);
    }
  };
  return (
    <Modal label="Search" kind="palette">
      <input
        class="palette-text"
        type="text"
        role="combobox"
        aria-label="Search or command"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={at >= 0 ? `${list}-${at}` : undefined}
        placeholder="A VM, a command, or a seq; > for commands alone"
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
          picked.value = 0;
        }}
        onKeyDown={onKey}
      />
      <div class="palette-list" role="listbox" id={list} aria-label="Finds">
        {finds.map((find, index) => (
          <FindRow key={find.text} id={`${list}-${index}`} find={find} isPicked={index === at} />
        ))}
      </div>
      {finds.length === 0 && <p class="palette-none">Nothing is called “{text}”.</p>}
    </Modal>
  );
}

interface RowProps {
  readonly id: string;
  readonly find: Find;
  readonly isPicked: boolean;
}

function FindRow({ id, find, isPicked }: RowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys of the list
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field above
    <div id={id} role="option" aria-selected={isPicked} onClick={() => take(find)}>
      <span class="find-text">{find.text}</span>
      <span class="find-note">{find.note}</span>
      {find.key !== undefined && (
        <span class="find-key">
          {find.key.split(' ').map((one) => (
            <kbd key={one}>{nameOf(one)}</kbd>
          ))}
        </span>
      )}
    </div>
  );
}

function take(find: Find | undefined): void {
  if (find === undefined) return;
  closeDialog();
  find.run();
}

function vmHere(): string | null {
  const { path } = address.value;
  for (const pattern of ['/vm/:vm', '/vm/:vm@:seq', '/vm/:vm/race']) {
    const vm = paramsOf(pattern, path)?.vm;
    if (vm !== undefined) return vm;
  }
  return null;
}

function knownOf({ id, name, tags, policy, kernel }: VmSummary): KnownVm {
  return {
    id,
    name,
    tags: Object.entries(tags).map(([key, value]) => `${key}:${value}`),
    note: `${policy}, ${kernel}`,
  };
}
