import type { PriceListHead, WireRace } from '../api/wire.js';
import type { RaceLook } from '../model/race-look.js';

interface Props {
  readonly race: WireRace;
  readonly against: string;
  readonly lists: readonly PriceListHead[];
  readonly look: RaceLook;
  readonly onLook: (look: RaceLook) => void;
}

/** Picks the lane that others are held against, and the prices. Nothing is raced again for it. */
export function LookForm({ race, against, lists, look, onLook }: Props) {
  const own = race.prices.list;
  const others = lists.filter(({ name }) => name !== own);
  const chosen = look.prices ?? own;
  const machine = lists.find(({ name }) => name === chosen)?.machine ?? race.prices.machine;
  return (
    <div class="look-form">
      <label class="field">
        Held against
        <select
          name="against"
          value={against}
          onChange={({ currentTarget: { value } }) =>
            onLook({ ...look, baseline: value === race.baseline ? null : value })
          }
        >
          {race.lanes.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Prices
        <select
          name="list"
          value={chosen}
          onChange={({ currentTarget: { value } }) =>
            onLook({ ...look, prices: value === own ? null : value })
          }
        >
          <option value={own}>{own}, as raced</option>
          {others.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <p class="hint look-machine">{machine}</p>
    </div>
  );
}
