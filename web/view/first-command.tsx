/** Instruction for a VM without history. */
export function FirstCommand({ id }: { readonly id: string }) {
  const url = `${location.origin}/v1/vms/${id}/vcpus/0/mov-cr3`;
  return (
    <div class="event-list first-command">
      <p>Nothing has happened yet. Switch to a root:</p>
      <pre class="shell">{`curl ${url} \\\n  --json '{"value":"0x1000"}'`}</pre>
    </div>
  );
}
