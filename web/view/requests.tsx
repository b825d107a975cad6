import type { WireRequest } from '../api/wire.js';

interface Props {
  /** All requests, in the order in which they are serviced. */
  readonly names: readonly WireRequest[];
  readonly pending: readonly WireRequest[];
  readonly made: Readonly<Partial<Record<WireRequest, number>>>;
}

/**
 * A lamp for each request: lit while it is pending, with an afterglow each time that it is made,
 * because most are serviced before anyone can look.
 */
export function Requests({ names, pending, made }: Props) {
  return (
    <section class="row requests">
      <h3 class="row-title">Requests</h3>
      <ul class="row-body lamps">
        {names.map((name) => (
          <Lamp key={name} name={name} pending={pending.includes(name)} count={made[name] ?? 0} />
        ))}
      </ul>
    </section>
  );
}

interface LampProps {
  readonly name: WireRequest;
  readonly pending: boolean;
  readonly count: number;
}

function Lamp({ name, pending, count }: LampProps) {
  return (
    <li class="lamp" data-request={name} data-pending={pending}>
      {count > 0 && <span class="afterglow" key={count} aria-hidden="true" />}
      <span class="lamp-name" data-name={name}>
        {name}
      </span>
      <span class="lamp-count" title={`made ${count} times`}>
        {shortOf(count)}
      </span>
      {pending && <span class="reader-only">pending</span>}
    </li>
  );
}

/** Abbreviation of a request, which fits in a lamp; the title has the full name. */
function shortOf(count: number): string {
  if (count === 0) return '';
  if (count < 1000) return String(count);
  return count < 1e6 ? `${Math.floor(count / 1000)}k` : `${Math.floor(count / 1e6)}M`;
}
