import type { TracedCommand } from '../api/wire.js';

type Confidence = TracedCommand['confidence'];

/** Meaning of each confidence. */
export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  seen: 'an event has it whole',
  inferred: 'it follows from other events',
  guessed: 'the likeliest of several',
};

const NAMES = ['seen', 'inferred', 'guessed'] as const satisfies readonly Confidence[];

/** Commands by how much is known of them, with the signs that lanes draw. */
export function ConfidenceSigns({
  counts,
}: {
  readonly counts: Readonly<Record<Confidence, number>>;
}) {
  return (
    <ul class="confidences" aria-label="How much is known of the commands">
      {NAMES.map((name) => (
        <li key={name} title={CONFIDENCE_WORDS[name]}>
          <span class={`sign sign-${name}`} aria-hidden="true" />
          {counts[name].toLocaleString('en')} {name}
        </li>
      ))}
    </ul>
  );
}
