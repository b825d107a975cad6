import { useSignal } from '@preact/signals';
import type { Desk } from './desk.js';
import { layoutOf } from './layout.js';
import { wordsOf } from './words.js';

/** Lines of the table at most. */
const LINES_MAX = 200;

/** The same as the picture, in words: for who does not see it, and for who wants to copy it. */
export function LaneTable({ desk }: { readonly desk: Desk }) {
  const isShown = useSignal(false);
  return (
    <details
      class="lane-table"
      onToggle={({ currentTarget }) => {
        isShown.value = currentTarget.open;
      }}
    >
      <summary>The window in words</summary>
      {isShown.value && <Lines desk={desk} />}
    </details>
  );
}

function Lines({ desk }: { readonly desk: Desk }) {
  const timeline = desk.timeline.value;
  if (timeline === null) return null;
  const frame = {
    view: desk.view.value,
    rows: desk.rows.value,
    colours: desk.colours.value,
    isDirect: false,
    traced: null,
  };
  const { boxes, flags } = layoutOf(timeline, { ...frame, width: 1000, unit: 14 });
  const shown = boxes.filter(({ of }) => of.kind !== 'level').slice(0, LINES_MAX);
  const more = boxes.length - shown.length;
  return (
    <div class="lane-lines">
      <table>
        <caption>
          seq {Math.ceil(desk.view.value.from)} to {Math.floor(desk.view.value.to)}
          {more > 0 && `; ${more} more lines are left out: go nearer`}
        </caption>
        <thead>
          <tr>
            <th scope="col">vCPU</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {flags.map(({ seq, vcpu, rule }) => (
            <tr key={seq}>
              <td>{vcpu}</td>
              <td>
                violation at seq {seq}: {rule}
              </td>
            </tr>
          ))}
          {shown.map((box) => {
            const words = wordsOf(box);
            return (
              <tr key={`${box.row.id} ${words}`}>
                <td>{box.row.vcpu}</td>
                <td>{words}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
