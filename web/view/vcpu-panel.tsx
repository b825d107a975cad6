import { memo } from 'preact/compat';
import type { WireRequest, WireVcpu } from '../api/wire.js';
import type { Activity } from '../model/activity.js';
import { Counters } from './counters.js';
import { Flushes } from './flushes.js';
import { Registers } from './registers.js';
import { Requests } from './requests.js';
import { RootCache } from './root-cache.js';

interface Props {
  readonly state: WireVcpu;
  /** All that there are, in the order in which they are serviced. */
  readonly requests: readonly WireRequest[];
  readonly activity: Activity;
  /** Whether `activity` covers every event of the VM's life. */
  readonly complete: boolean;
}

/** One vCPU: where it runs, its root caches, what is pending and what was flushed. */
export const VcpuPanel = memo(function VcpuPanel({ state, requests, activity, complete }: Props) {
  const title = `vcpu-${state.vcpu}`;
  return (
    <article class="panel vcpu" aria-labelledby={title} data-vcpu={state.vcpu}>
      <div class="vcpu-head">
        <h2 class="panel-title" id={title}>
          vCPU {state.vcpu}
        </h2>
        <Mode state={state} />
        <Registers state={state} />
      </div>
      <RootCache name="root" state={state} last={activity.lastRoot.root} />
      <RootCache name="guest" state={state} last={activity.lastRoot.guest} />
      <Requests names={requests} pending={state.requests} made={activity.made} />
      <Flushes activity={activity} complete={complete} />
      <Counters counters={state.counters} />
    </article>
  );
});

/** Both places are always drawn, so that nothing moves when the vCPU goes from one to the other. */
function Mode({ state }: { readonly state: WireVcpu }) {
  const guest = state.nested.guestMode ? 'L2' : 'L1';
  return (
    <p class="mode" data-mode={state.mode}>
      <span class="mode-place" data-on={state.mode === 'host'}>
        host
      </span>
      <span class="mode-place" data-on={state.mode === 'guest'}>
        guest {guest}
      </span>
    </p>
  );
}
