import { useSignal } from '@preact/signals';

/** A place to drop a file on, which is a button for the keyboard as well. */
export function DropZone({ onFile }: { readonly onFile: (file: File) => void }) {
  const isOver = useSignal(false);
  const over = (is: boolean) => (event: DragEvent) => {
    event.preventDefault();
    isOver.value = is;
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    isOver.value = false;
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) onFile(file);
  };
  return (
    <section
      class="panel drop-zone"
      aria-label="A trace"
      data-over={isOver.value}
      onDragEnter={over(true)}
      onDragOver={over(true)}
      onDragLeave={over(false)}
      onDrop={drop}
    >
      <label>
        <span class="drop-words">Drop a trace here, or pick a file</span>
        <input
          type="file"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            if (file !== undefined) onFile(file);
          }}
        />
      </label>
      <p class="hint">
        Text of ftrace, trace-cmd or perf, or a trace.dat; plain, or packed by gzip or zstd. It goes
        to this server and to nobody else.
      </p>
    </section>
  );
}
