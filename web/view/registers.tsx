import type { WireVcpu } from '../api/wire.js';

/** The registers that choose translations, and the EPTP once L1 has one. */
export function Registers({ state }: { readonly state: WireVcpu }) {
  const { nested } = state;
  return (
    <dl class="registers">
      <Register name="CR3" value={state.cr3} wide />
      <Register name="CR0" value={state.cr0} />
      <Register name="CR4" value={state.cr4} />
      <Register name="EFER" value={state.efer} />
      <Register name="EPTP" value={nested.eptp ?? '-'} wide />
      <Register name="VPID" value={nested.vpid === null ? '-' : String(nested.vpid)} />
    </dl>
  );
}

interface RegisterProps {
  readonly name: string;
  readonly value: string;
  readonly wide?: boolean;
}

function Register({ name, value, wide = false }: RegisterProps) {
  return (
    <div class={wide ? 'register register-wide' : 'register'} data-register={name}>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );
}
