import { useEffect, useMemo } from 'preact/hooks';
import type { WireVm } from '../api/wire.js';
import { EntryList } from './entries.js';
import { PROMPT, Prompt } from './prompt.js';
import { createSession, type Session } from './session.js';

interface Props {
  readonly vm: WireVm;
  readonly onClose: () => void;
}

/** A command line for a VM, below its page. */
export function Drawer({ vm, onClose }: Props) {
  const session = useMemo(() => createSession(vm.id), [vm.id]);
  useEffect(() => session.end, [session]);
  return (
    <section
      class="console panel"
      aria-label="Console"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
    >
      <header class="console-head">
        <h2 class="part-title">Console</h2>
        <VcpuChoice session={session} vcpus={vm.vcpus} />
        <p class="hint">
          <kbd>Tab</kbd> completes, <kbd>↑</kbd> <kbd>↓</kbd> bring back lines, <kbd>Esc</kbd>{' '}
          closes
        </p>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <EntryList vm={vm.id} entries={session.entries.value} />
      {session.failure.value !== '' && <p class="failure">{session.failure}</p>}
      <Prompt session={session} vendor={vm.vendor} />
    </section>
  );
}

/** Brings the focus to the line of the console that is open. */
export function focusConsole(): void {
  document.getElementById(PROMPT)?.focus();
}

function VcpuChoice({ session, vcpus }: { readonly session: Session; readonly vcpus: number }) {
  return (
    <label class="inline-field">
      vCPU
      <select
        value={session.vcpu.value}
        onChange={({ currentTarget }) => {
          session.vcpu.value = Number(currentTarget.value);
        }}
      >
        {Array.from({ length: vcpus }, (_, index) => (
          <option key={index} value={index}>
            {index}
          </option>
        ))}
      </select>
    </label>
  );
}
