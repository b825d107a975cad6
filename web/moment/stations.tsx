import type { WireEventOf } from '../api/wire.js';

interface Props {
  readonly event: WireEventOf<'violation'>;
  readonly seq: number;
  readonly onSeek: (seq: number) => void;
}

interface Station {
  readonly role: string;
  /** Null where it is not known, or was not. */
  readonly seq: number | null;
  readonly what: string;
}

/** A violation as four stations on one line; each opens its moment. */
export function Stations({ event, seq, onSeek }: Props) {
  return (
    <section class="panel stations" aria-label="The violation">
      <h2 class="part-title stations-title">{event.rule}</h2>
      <p>{event.message}</p>
      <ol class="station-line">
        {stationsOf(event, seq).map(({ role, seq: at, what }) => (
          <li key={role} class="station" data-known={at !== null}>
            <button
              type="button"
              disabled={at === null}
              aria-current={at === seq ? 'step' : undefined}
              onClick={() => at !== null && onSeek(at)}
            >
              <span class="station-role">{role}</span>
              <span class="station-what">{what}</span>
              <span class="station-seq">{at === null ? '-' : `@${at}`}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The store, what should have dropped its translation, what that survived, and the use. */
export function stationsOf(event: WireEventOf<'violation'>, seq: number): Station[] {
  const { write, invalidation, survival, access, gva, by, gpa } = event;
  const use = `${access} of ${gva}${gpa === null ? ' faulted' : ` by ${by} went to ${gpa}`}`;
  return [
    write === null
      ? { role: 'changed', seq: null, what: 'no store is remembered' }
      : { role: 'changed', seq: write.seq, what: `${write.command} of the entry at ${write.gpa}` },
    invalidation === null
      ? { role: 'should have dropped it', seq: null, what: 'no invalidation covered it' }
      : { role: 'should have dropped it', seq: invalidation.seq, what: invalidation.command },
    survival === null
      ? { role: 'survived', seq: null, what: 'nothing was done about it since' }
      : { role: 'survived', seq: survival.seq, what: survival.event },
    { role: 'used', seq, what: use },
  ];
}
