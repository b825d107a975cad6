import type { WireVcpu } from '../api/wire.js';

type CounterName = keyof WireVcpu['counters'];

/** Counters of a vCPU by their name in the API, with the words of the page. */
const COUNTERS = [
  ['reusedCurrent', 'reused current'],
  ['reusedPrevious', 'reused prev'],
  ['missed', 'missed'],
  ['loaded', 'loaded'],
  ['evicted', 'evicted'],
  ['freed', 'freed'],
  ['marked', 'marked'],
  ['synced', 'synced'],
  ['tlbFlush', 'tlb_flush'],
  ['invlpg', 'invlpg'],
  ['exits', 'exits'],
] as const satisfies readonly (readonly [CounterName, string])[];

/** Counters over the life of the vCPU, not only of this page. */
export function Counters({ counters, oracle }: Pick<WireVcpu, 'counters' | 'oracle'>) {
  return (
    <section class="row">
      <h3 class="row-title">Counters</h3>
      <dl class="row-body counters">
        {COUNTERS.map(([name, words]) => (
          <div key={name} class="counter" data-counter={name}>
            <dt>{words}</dt>
            <dd>{counters[name]}</dd>
          </div>
        ))}
        {oracle !== null && <Violations count={oracle.violations} />}
      </dl>
    </section>
  );
}

/** Count of violations, which stands out unless it is zero. */
function Violations({ count }: { readonly count: number }) {
  return (
    <div class="counter" data-counter="violations" data-wrong={count > 0}>
      <dt>violations</dt>
      <dd>{count}</dd>
    </div>
  );
}
