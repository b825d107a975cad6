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
export function Counters({ counters }: { readonly counters: WireVcpu['counters'] }) {
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
      </dl>
    </section>
  );
}
