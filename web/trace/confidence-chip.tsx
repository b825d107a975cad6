import type { TracedCommand } from '../api/wire.js';
import { CONFIDENCE_WORDS } from './confidence-signs.js';

const NS_OF_MS = 1e6;

/** Certainty of a command of a trace, and its time there. */
export function ConfidenceChip({ command }: { readonly command: TracedCommand }) {
  const { confidence, at } = command;
  return (
    <span class="confidence" data-confidence={confidence}>
      <span class={`sign sign-${confidence}`} aria-hidden="true" />
      {confidence}: {CONFIDENCE_WORDS[confidence]}; {(at / NS_OF_MS).toFixed(3)} ms in the trace
    </span>
  );
}
