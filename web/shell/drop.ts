/** Lets a case file be dropped on any page, where nothing else takes files. The reader of files is loaded with the first one. */
export function takeFiles(): void {
  addEventListener('dragover', (event) => {
    // Without this the browser would leave the page for the file.
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    // A page has taken it: what is dropped where traces go is a trace.
    if (event.defaultPrevented) return;
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    void import('../case/held.js').then(({ openFile }) => openFile(file));
  });
}
