import type { WireTracedVm } from '../api/wire.js';

type Agreement = WireTracedVm['agreement'];

interface Props {
  readonly agreement: Agreement;
  readonly kernel: string;
}

/** Disagreements that are shown. */
const SHOWN_MAX = 8;
const NS_OF_MS = 1e6;

/** The kernel of the trace, held against mainline. */
export function AgreementWords({ agreement, kernel }: Props) {
  const { disagreements, disagreementCount, failure } = agreement;
  const more = disagreementCount - SHOWN_MAX;
  return (
    <div class="agreement" data-wrong={disagreementCount > 0}>
      <p>
        Kernel against mainline by the rules of {kernel}: {told(agreement)}.
      </p>
      {disagreements.length > 0 && (
        <ul class="trace-list">
          {disagreements.slice(0, SHOWN_MAX).map((one) => (
            <li key={`${one.window} ${one.what}`}>
              {(one.at / NS_OF_MS).toFixed(3)} ms, vCPU {one.vcpu},{' '}
              {one.commands.join(' ') || 'entry'}: {one.what}: the kernel <code>{one.trace}</code>,
              mainline <code>{one.model}</code>
              {one.isUncertain && '; a command before it is guessed'}
            </li>
          ))}
        </ul>
      )}
      {more > 0 && <p class="hint">and {more} more</p>}
      {failure !== null && <p class="failure">The model failed: {failure}</p>}
    </div>
  );
}

/** Windows are compared where the kernel or mainline does something in them. */
function told({ loads, synced, unsynced }: Agreement): string {
  const parts = [
    { ...loads, what: 'root loads' },
    { ...synced, what: 'synced pages' },
    { ...unsynced, what: 'unsynced pages' },
  ].filter(({ windows }) => windows > 0);
  if (parts.length === 0) return 'no window has anything to compare';
  return parts
    .map((one) => `${one.agree} of ${one.windows} windows with ${one.what} agree`)
    .join(', ');
}
