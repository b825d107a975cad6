import type { Signal } from '@preact/signals';

interface Props {
  readonly names: readonly string[];
  /** Null for all of them. */
  readonly picked: Signal<ReadonlySet<string> | null>;
}

/** The policies that are scored: fewer take less time. */
export function PolicyChoice({ names, picked }: Props) {
  const isPicked = (name: string) => picked.value === null || picked.value.has(name);
  const toggle = (name: string, isOn: boolean) => {
    const next = new Set(names.filter((one) => (one === name ? isOn : isPicked(one))));
    picked.value = next.size === names.length ? null : next;
  };
  return (
    <details class="panel trace-part">
      <summary>Policies: {picked.value === null ? 'all' : [...picked.value].join(', ')}</summary>
      <p class="hint">Reading is quick; each policy runs every command.</p>
      <ul class="policy-choice">
        {names.map((name) => (
          <li key={name}>
            <label>
              <input
                type="checkbox"
                name="policy"
                checked={isPicked(name)}
                // Without any there is nothing to score.
                disabled={picked.value?.size === 1 && isPicked(name)}
                onChange={({ currentTarget }) => toggle(name, currentTarget.checked)}
              />{' '}
              {name}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
