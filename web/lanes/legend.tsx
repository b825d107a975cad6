/** The signs of the picture, each with its meaning. */
export function Legend({ isTraced }: { readonly isTraced: boolean }) {
  return (
    <ul class="legend" aria-label="Signs">
      {[...SIGNS, ...(isTraced ? TRACED_SIGNS : [])].map(([sign, meaning]) => (
        <li key={sign}>
          <span class={`sign sign-${sign}`} aria-hidden="true" />
          {meaning}
        </li>
      ))}
    </ul>
  );
}

const SIGNS = [
  ['l1', 'L1 runs'],
  ['l2', 'L2 runs'],
  ['marked', 'marked unsync'],
  ['freed', 'freed'],
  ['evicted', 'pushed out'],
  ['busy', 'too short to show one by one'],
  ['request', 'request pending'],
  ['flush', 'flush: the higher, the more'],
  ['exit', 'exits up, entries down'],
  ['fault', 'page fault'],
  ['violation', 'violation'],
  ['unknown', 'not kept, or not read'],
] as const;

const TRACED_SIGNS = [
  ['seen', 'the trace has it whole'],
  ['inferred', 'inferred from the trace'],
  ['guessed', 'guessed'],
] as const;
