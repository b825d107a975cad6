import type { WireEvent, WireVcpu } from '../api/wire.js';
import { rowNamedBy, type StateGroup, stateGroupsOf } from '../model/state-rows.js';

interface Props {
  readonly before: WireVcpu;
  readonly after: WireVcpu;
  /** The event that is chosen; the row that it names is marked. */
  readonly event: WireEvent | null;
}

/** A vCPU before a command and behind it; only changes are lit. */
export function StateTable({ before, after, event }: Props) {
  const named = event !== null && 'mmu' in event ? rowNamedBy(event) : null;
  return (
    <section class="panel moment-state" aria-label={`vCPU ${after.vcpu}, before and after`}>
      <table class="state">
        <thead>
          <tr>
            <th scope="col">vCPU {after.vcpu}</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
          </tr>
        </thead>
        {stateGroupsOf(before, after).map((group) => (
          <Group key={group.name} group={group} named={named} />
        ))}
      </table>
    </section>
  );
}

function Group({ group, named }: { readonly group: StateGroup; readonly named: string | null }) {
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" class="state-group" colSpan={3}>
          {group.name}
        </th>
      </tr>
      {group.rows.map(({ name, before, after, isChanged }) => (
        <tr
          key={name}
          data-row={`${group.name}/${name}`}
          data-changed={isChanged}
          data-named={named === `${group.name}/${name}`}
        >
          <th scope="row">{name}</th>
          <td>{before}</td>
          <td>{isChanged ? <strong>{after}</strong> : after}</td>
        </tr>
      ))}
    </tbody>
  );
}
