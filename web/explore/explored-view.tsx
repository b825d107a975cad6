import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { playCase } from '../api/jobs.js';
import type { WireCounterexample, WireExplored } from '../api/wire.js';
import { Chart } from '../chart/chart.js';
import { operandsIn } from '../model/words.js';
import { vmHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';
import { figure } from '../view/figure.js';

const ENDS: Readonly<Record<WireExplored['end'], string>> = {
  exhausted: 'Every state that can be reached was seen.',
  refuted: 'Every property has failed, so that nothing more was looked for.',
  depth: 'The bound of commands was met.',
  states: 'The bound of states was met.',
  bytes: 'The memory was full.',
  'oracle-forgot': 'The oracle met a bound of its own, so that states cannot be told apart.',
};

const MIB = 2 ** 20;

/** Everything that a search found: how far it came, and the shortest way to each mistake. */
export function ExploredView({ found }: { readonly found: WireExplored }) {
  const { end, isExhaustive, states, transitions, depth, bytes, bytesMax, bytesPerState } = found;
  const { counterexamples } = found;
  const mib = (count: number) => (count / MIB).toFixed(1);
  return (
    <>
      <section class="panel trace-part" aria-label="How far it came">
        <p>
          <b>{isExhaustive ? 'Exhaustive' : 'Not exhaustive'}</b>: {ENDS[end]}
        </p>
        <p class="hint">
          {figure(states)} states, {figure(transitions)} transitions, {depth} commands deep;{' '}
          {bytesPerState.toFixed(1)} bytes a state, {mib(bytes)} of {mib(bytesMax)} MiB.
        </p>
        {counterexamples.length === 0 && <p>Everything that was asked holds in all of them.</p>}
        <Depths found={found} />
      </section>
      {counterexamples.map((one) => (
        <Counterexample key={one.property} found={one} />
      ))}
    </>
  );
}

/** States by the number of commands that they need. */
function Depths({ found: { found } }: { readonly found: WireExplored }) {
  const { at, curves } = useMemo(
    () => ({
      at: found.map((_, place) => place),
      curves: [{ name: 'new states', values: found }],
    }),
    [found],
  );
  return (
    <Chart
      at={at}
      curves={curves}
      atLabel="commands from the first state"
      label="States that are found after so many commands, and not before"
      textOf={figure}
      hasDots
    />
  );
}

/** A shortest way to a mistake, which can be opened as a VM. */
function Counterexample({ found }: { readonly found: WireCounterexample }) {
  const { property, says, commands: count, case: file } = found;
  const failure = useSignal<string | null>(null);
  const all = [...(file.commands ?? []), ...(file.poisonedBy ? [file.poisonedBy] : [])];
  const open = async () => {
    try {
      navigate(vmHref((await playCase(file)).id));
    } catch (error) {
      failure.value = (error as Error).message;
    }
  };
  return (
    <section class="panel trace-part" aria-label={`Counterexample of ${property}`}>
      <p class="shrunk-failure">
        <b>{property}</b> fails after {count} commands: {says}
      </p>
      <ol class="shrunk-commands">
        {all.slice(all.length - count).map((command, index) => (
          <li key={index}>
            <b>{command.kind}</b> vCPU {command.vcpu} {operandsIn(command)}
          </li>
        ))}
      </ol>
      <p class="trace-saves">
        <button type="button" onClick={() => void open()}>
          Open as a VM
        </button>
      </p>
      <p class="failure" role="alert">
        {failure}
      </p>
    </section>
  );
}
