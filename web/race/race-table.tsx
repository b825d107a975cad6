import type { WireRace } from '../api/wire.js';
import type { RaceLook } from '../model/race-look.js';
import { COLUMNS, type Column, type Standing } from '../model/standings.js';
import { figure } from '../view/figure.js';
import { Scroll } from '../view/scroll.js';

interface Props {
  readonly race: WireRace;
  readonly standings: readonly Standing[];
  readonly look: RaceLook;
  readonly onLook: (look: RaceLook) => void;
}

/** Counts of each lane, and in the last row the lower bound for all of them. */
export function RaceTable({ race: { bounds }, standings, look, onLook }: Props) {
  return (
    <Scroll label="Counts of each policy">
      <table class="race-table">
        <thead>
          <tr>
            <th scope="col">policy</th>
            {COLUMNS.map((column) => (
              <Head key={column.key} column={column} look={look} onLook={onLook} />
            ))}
          </tr>
        </thead>
        <tbody>
          {standings.map((standing) => (
            <Row key={standing.names.join()} standing={standing} />
          ))}
        </tbody>
        <tfoot>
          {bounds.map(({ prevRoots, kernel, misses, loads }) => (
            <tr key={`${prevRoots} ${kernel}`} title="A cache that knows the future">
              <th scope="row">no policy below</th>
              <td colSpan={2} />
              <td>{misses}</td>
              <td>{loads}</td>
              <td colSpan={COLUMNS.length - 4} />
            </tr>
          ))}
        </tfoot>
      </table>
    </Scroll>
  );
}

interface HeadProps extends Pick<Props, 'look' | 'onLook'> {
  readonly column: Column;
}

function Head({ column: { key, head, title }, look, onLook }: HeadProps) {
  const isBy = look.by === key;
  return (
    <th scope="col" aria-sort={isBy ? (look.isDown ? 'descending' : 'ascending') : undefined}>
      <button
        type="button"
        class="race-sort"
        title={title}
        onClick={() => onLook({ ...look, by: key, isDown: isBy && !look.isDown })}
      >
        {head}
        <span aria-hidden="true">{isBy ? (look.isDown ? '\u25bc' : '\u25b2') : ''}</span>
      </button>
    </th>
  );
}

function Row({ standing }: { readonly standing: Standing }) {
  const { names, lane } = standing;
  return (
    <tr data-lane={names.join(' ')} data-stale={lane.counters.violations > 0}>
      <th scope="row">{names.join(' = ')}</th>
      {COLUMNS.map(({ key, of }) => (
        <td key={key} data-column={key}>
          {figure(of(standing))}
        </td>
      ))}
    </tr>
  );
}
