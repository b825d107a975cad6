import type { WireVcpu } from '../api/wire.js';

type CounterName = keyof WireVcpu['counters'];

/** What the vCPU counted over its life, by the name that the API gives it. */
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

/** Sums over the life of the vCPU, not only of this page. */
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

/** What must never be: it is told at any count, and stands out above zero. */
function Violations({ count }: { readonly count: number }) {
  return (
    <div class="counter" data-counter="violations" data-wrong={count > 0}>
      <dt>violations</dt>
      <dd>{count}</dd>
    </div>
  );
}
