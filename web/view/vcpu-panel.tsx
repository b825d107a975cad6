import { type ReadonlySignal, useSignal } from '@preact/signals';
import { memo } from 'preact/compat';
import type { WireRequest, WireVcpu } from '../api/wire.js';
import type { Activity } from '../model/activity.js';
import { Counters } from './counters.js';
import { Flushes } from './flushes.js';
import { Registers } from './registers.js';
import { Requests } from './requests.js';
import { RootCache } from './root-cache.js';
import { ShadowTree } from './shadow-tree.js';
import { Tlb } from './tlb.js';

interface Props {
  readonly vm: string;
  /** The newest sequence number of the VM. */
  readonly head: ReadonlySignal<number>;
  readonly state: WireVcpu;
  /** All requests, in the order in which they are serviced. */
  readonly requests: readonly WireRequest[];
  readonly activity: Activity;
  /** Whether `activity` covers every event of the VM's life. */
  readonly complete: boolean;
  /** Whether it is the only vCPU, so that there is room for more of it. */
  readonly alone: boolean;
}

/** One vCPU: its mode, root caches, pending requests and flushes. */
export const VcpuPanel = memo(function VcpuPanel(props: Props) {
  const { vm, head, state, requests, activity, complete, alone } = props;
  const picked = useSignal<string | null>(null);
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
      <RootCache name="root" state={state} last={activity.lastRoot.root} picked={picked} />
      <RootCache name="guest" state={state} last={activity.lastRoot.guest} picked={picked} />
      <ShadowPages vm={vm} head={head} root={picked.value} />
      <Requests names={requests} pending={state.requests} made={activity.made} />
      <Flushes activity={activity} complete={complete} />
      <Tlb vm={vm} vcpu={state.vcpu} head={head} open={alone} />
      <Counters counters={state.counters} oracle={state.oracle} />
    </article>
  );
});

/** The shadow pages of the picked root. */
function ShadowPages({ vm, head, root }: Pick<Props, 'vm' | 'head'> & { root: string | null }) {
  return (
    <section class="row shadow-pages">
      <h3 class="row-title">Shadow</h3>
      <div class="row-body">
        {root === null ? (
          <p class="hint">Pick a root to see its shadow pages.</p>
        ) : (
          <ShadowTree key={root} vm={vm} root={root} head={head} />
        )}
      </div>
    </section>
  );
}

/** Shows the mode. Both modes are always drawn, so that nothing moves when the vCPU changes it. */
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
