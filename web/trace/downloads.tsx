import { useSignal } from '@preact/signals';
import { askText } from '../api/client.js';
import { reportPath } from '../api/traces.js';
import type { ReportName } from '../api/wire.js';
import { saveText } from '../shell/save.js';

const FORMS: readonly (readonly [as: ReportName, words: string, ending: string])[] = [
  ['text', 'Text for a mail', 'txt'],
  ['html', 'HTML with plots', 'html'],
  ['perfetto', 'Perfetto', 'json'],
  ['csv', 'CSV', 'csv'],
  ['json', 'JSON', 'json'],
];

/** Buttons that save the verdict on a trace as a file. */
export function Downloads({ job }: { readonly job: string }) {
  const failure = useSignal('');
  const save = async (as: ReportName, ending: string) => {
    try {
      failure.value = '';
      saveText(`${job}-${as}.${ending}`, await askText('GET', reportPath(job, as), null));
    } catch (error) {
      failure.value = (error as Error).message;
    }
  };
  return (
    <div class="trace-saves">
      {FORMS.map(([as, words, ending]) => (
        <button key={as} type="button" onClick={() => void save(as, ending)}>
          {words}
        </button>
      ))}
      <span class="failure" role="alert">
        {failure}
      </span>
    </div>
  );
}
