import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { WireEvent } from '../api/wire.js';
import { latest } from '../model/latest.js';
import { type Look, lookAt } from '../model/look.js';
import type { Moment, Moments } from '../model/moments.js';
import { Cached } from './cached.js';
import { useDraft } from './draft.js';
import { GuestWalk } from './guest-walk.js';
import { ShadowWalkView } from './shadow-walk-view.js';

interface Props {
  readonly moments: Moments;
  readonly moment: Moment;
  readonly event: WireEvent | null;
}

const HEX = /^0x[0-9a-f]{1,16}$/;

/** An address, and beside each other how the guest, KVM and the processor translate it. */
export function AddressLook({ moments, moment, event }: Props) {
  const typed = useSignal<string | null>(null);
  const look = useSignal<Look | null>(null);
  const failure = useSignal('');
  const last = useSignal('0x0');
  const own = addressOf(moment, event);
  useEffect(() => {
    if (own !== null) last.value = own;
  }, [own, last]);
  const gva = typed.value ?? own ?? last.value;
  const ask = useMemo(
    () =>
      latest(
        (at: Parameters<typeof lookAt>[1]) => lookAt(moments, at),
        (answer) => {
          failure.value = answer instanceof Error ? answer.message : '';
          if (!(answer instanceof Error)) look.value = answer;
        },
      ),
    [moments, look, failure],
  );
  useEffect(() => ask({ seq: moment.seq, vcpu: moment.after, gva }), [ask, moment, gva]);
  return (
    <section class="look" aria-label="An address">
      <AddressField
        gva={gva}
        isTyped={typed.value !== null}
        onAddress={(text) => {
          typed.value = text;
        }}
      />
      <p class="failure" role="status">
        {failure.value}
      </p>
      {look.value !== null && <Tables look={look.value} />}
    </section>
  );
}

interface FieldProps {
  readonly gva: string;
  readonly isTyped: boolean;
  /** @param gva Null for the address of the moment. */
  readonly onAddress: (gva: string | null) => void;
}

function AddressField({ gva, isTyped, onAddress }: FieldProps) {
  const draft = useDraft(gva, (text) => {
    const address = text.trim().toLowerCase();
    if (HEX.test(address)) onAddress(`0x${BigInt(address).toString(16)}`);
  });
  return (
    <div class="look-head">
      <h2 class="part-title">Translation</h2>
      <label class="inline-field">
        of linear address
        <input
          class="look-address"
          spellcheck={false}
          pattern="0x[0-9a-fA-F]{1,16}"
          title="A linear address in hex: 0x and up to 16 digits"
          {...draft}
        />
      </label>
      {isTyped && (
        <button type="button" onClick={() => onAddress(null)}>
          Follow the moment
        </button>
      )}
    </div>
  );
}

function Tables({ look }: { readonly look: Look }) {
  return (
    <div class="look-tables">
      <GuestWalk walk={look.walk} />
      <ShadowWalkView shadow={look.shadow} differs={look.shadowDiffers} />
      <Cached look={look} />
    </div>
  );
}

/** The linear address that a moment is about; null if it is about none. */
function addressOf({ command, events }: Moment, event: WireEvent | null): string | null {
  const named = [event, ...events.map((frame) => frame.event)];
  for (const one of named) if (one !== null && 'gva' in one) return one.gva;
  if (command !== null && 'gva' in command.command && command.command.gva !== undefined) {
    return command.command.gva;
  }
  return null;
}
