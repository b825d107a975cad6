import { NO_ACTIVITY } from '../model/activity.js';
import type { Watch } from '../model/watch.js';
import { vmRaceHref } from '../shell/links.js';
import { ConnectionLamp } from './connection-lamp.js';
import { EventList } from './event-list.js';
import { PageHead } from './page-head.js';
import { VcpuPanel } from './vcpu-panel.js';

interface Props {
  readonly id: string;
  readonly watch: Watch;
}

/** One VM: its vCPUs on the left, their events on the right. */
export function VmView({ id, watch }: Props) {
  const connection = watch.connection.value;
  const nothing = connection.kind === 'ended' && watch.vm.value === null ? connection.reason : null;
  return (
    <>
      <PageHead>
        <VmFacts id={id} watch={watch} />
        <ConnectionLamp connection={connection} />
      </PageHead>
      {nothing === null ? <Panels id={id} watch={watch} /> : <Lost reason={nothing} />}
    </>
  );
}

function Panels({ id, watch }: Props) {
  return (
    <main class="vm">
      <section class="vcpus" aria-label="vCPUs">
        {watch.vcpus.value.map((state) => (
          <VcpuPanel
            key={state.vcpu}
            vm={id}
            head={watch.head}
            state={state}
            requests={watch.requests.value}
            activity={watch.activity.value.get(state.vcpu) ?? NO_ACTIVITY}
            alone={watch.vcpus.value.length === 1}
            complete={watch.since.value === 0 && watch.missed.value === 0}
          />
        ))}
      </section>
      <EventList id={id} watch={watch} />
    </main>
  );
}

/** Tells that there is no such VM, and links to the list. */
function Lost({ reason }: { readonly reason: string }) {
  return (
    <main class="picker">
      <section class="panel lost">
        <p>{reason}</p>
        <p>
          <a href="/">All VMs</a>
        </p>
      </section>
    </main>
  );
}

function VmFacts({ id, watch }: Props) {
  const vm = watch.vm.value;
  return (
    <div class="facts">
      <h1 class="vm-name">{id}</h1>
      <dl class="fact-list">
        <Fact name="policy" value={vm?.policy} />
        <Fact name="kernel" value={vm?.kernel} />
        <Fact name="paging" value={vm?.paging} />
        <Fact name="seq" value={String(watch.head.value)} />
      </dl>
      {vm?.lanes !== undefined && (
        <a class="masthead-link" href={vmRaceHref(id)}>
          Race
        </a>
      )}
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string | undefined }) {
  return (
    <div class={`fact fact-${name}`}>
      <dt>{name}</dt>
      <dd>{value ?? '-'}</dd>
    </div>
  );
}
