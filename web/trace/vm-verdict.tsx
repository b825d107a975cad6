import { useSignal } from '@preact/signals';
import { makeTracedVm } from '../api/traces.js';
import type { WireTracedVm } from '../api/wire.js';
import { Chart } from '../chart/chart.js';
import { hitCurvesOf, policyRowsOf } from '../model/trace.js';
import { vmHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';
import { Scroll } from '../view/scroll.js';
import { AgreementWords } from './agreement-words.js';
import { ConfidenceSigns } from './confidence-signs.js';

interface Props {
  readonly job: string;
  readonly trace: string;
  readonly vm: WireTracedVm;
  /** Whether the trace has no other VM. */
  readonly isOne: boolean;
}

/** The verdict on one VM of a trace. */
export function VmVerdict({ job, trace, vm, isOne }: Props) {
  const { config, tasks, switches, confidence, commandCount, agreement } = vm;
  return (
    <section class="panel trace-part" aria-label={`VM ${vm.vm}`} data-vm={vm.vm}>
      <div class="trace-vm-head">
        <h2 class="part-title">{isOne ? 'The VM' : `VM ${vm.vm}`}</h2>
        <p class="hint">
          {tasks.slice(0, 4).join(', ')}
          {tasks.length > 4 && ` and ${tasks.length - 4} more`}; {config.vendor},{' '}
          {config.paging === 'ept' ? 'EPT' : 'shadow paging'}, rules of {config.kernel}
        </p>
        <OpenAsVm job={job} vm={vm.vm} trace={trace} />
      </div>
      <p>
        {commandCount.toLocaleString('en')} commands, {switches.toLocaleString('en')} switches of
        root.
      </p>
      <ConfidenceSigns counts={confidence} />
      <AgreementWords agreement={agreement} kernel={config.kernel ?? ''} />
      {switches > 0 && (
        <>
          <HitCurves vm={vm} />
          <PolicyTable vm={vm} />
        </>
      )}
    </section>
  );
}

function OpenAsVm({ job, vm, trace }: { job: string; vm: number; trace: string }) {
  const failure = useSignal('');
  const isBusy = useSignal(false);
  const open = async () => {
    isBusy.value = true;
    failure.value = '';
    try {
      const name = trace
        .replace(/[^ -~]/g, '?')
        .trim()
        .slice(0, 128);
      navigate(vmHref((await makeTracedVm(job, vm, name)).id));
    } catch (error) {
      failure.value = (error as Error).message;
    }
    isBusy.value = false;
  };
  return (
    <div class="trace-open">
      <button type="button" disabled={isBusy.value} onClick={() => void open()}>
        {isBusy.value ? 'Running its commands ...' : 'Open as a VM'}
      </button>
      <span class="failure" role="alert">
        {failure}
      </span>
    </div>
  );
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

function HitCurves({ vm }: { readonly vm: WireTracedVm }) {
  const { at, curves, more } = hitCurvesOf(vm);
  return (
    <section aria-label="Switches that find their root">
      <p class="hint">
        Switches that find their root, by the number of previous roots; nothing invalidated
        {more > 0 && `. The first ${curves.length} of ${curves.length + more} vCPUs`}
      </p>
      <Chart
        at={at}
        curves={curves}
        atLabel="previous roots"
        label="Share of switches that find their root, over the number of previous roots"
        textOf={percent}
        hasDots
      />
    </section>
  );
}

function PolicyTable({ vm }: { readonly vm: WireTracedVm }) {
  const { prices } = vm.policies.least;
  return (
    <section aria-label="What each policy would have paid">
      <p class="hint">
        What each policy would have paid, in thousands of cycles by {prices.list}
        {vm.isUncertain && '; each guess did as little, and as much, as it may have'}
      </p>
      <Scroll label="Policies">
        <table class="race-table">
          <thead>
            <tr>
              <th scope="col">policy</th>
              <th scope="col">{vm.isUncertain ? 'cost, least' : 'cost'}</th>
              {vm.isUncertain && <th scope="col">most</th>}
              <th scope="col">at any price</th>
              <th scope="col">misses</th>
              <th scope="col">loads</th>
              <th scope="col">flushes</th>
              <th scope="col">stale</th>
            </tr>
          </thead>
          <tbody>
            {policyRowsOf(vm).map((row) => (
              <tr key={row.name} data-lane={row.name} data-stale={row.stale > 0}>
                <th scope="row">{row.name}</th>
                <td>{row.least}</td>
                {vm.isUncertain && <td>{row.most}</td>}
                <td>{row.between}</td>
                <td>{row.misses}</td>
                <td>{row.loads}</td>
                <td>{row.flushes}</td>
                <td>{row.stale}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
