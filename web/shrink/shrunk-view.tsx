import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { WireShrunk } from '../api/wire.js';
import { caseOf } from '../model/case-file.js';
import { fragmentOf } from '../model/case-link.js';
import { operandsIn } from '../model/words.js';
import { CopyButton } from '../shell/copy.js';
import { caseHref } from '../shell/place.js';
import { saveText } from '../shell/save.js';
import { Scroll } from '../view/scroll.js';

/** A smallest list: what is wrong, the commands, and the texts that are made of them. */
export function ShrunkView({ found }: { readonly found: WireShrunk }) {
  const { failure, given, tries, against, case: file } = found;
  const { commands = [], poisonedBy } = file;
  const all = poisonedBy === undefined ? commands : [...commands, poisonedBy];
  return (
    <>
      <section class="panel trace-part" aria-label="The mistake">
        <p class="shrunk-failure">
          <b>{failure.kind}</b> {failure.message}
        </p>
        <p class="hint">
          {given.toLocaleString('en')} commands cut to {all.length.toLocaleString('en')} in{' '}
          {tries.toLocaleString('en')} tries{against !== null && `, against ${against}`}.
        </p>
        <div class="trace-saves">
          <ReplayLink file={file} />
          <button
            type="button"
            onClick={() => saveText('smallest.case.json', `${JSON.stringify(file)}\n`)}
          >
            Save the case
          </button>
        </div>
        <ol class="shrunk-commands">
          {all.map((command, index) => (
            <li key={index} aria-current={index === failure.command ? 'step' : undefined}>
              <b>{command.kind}</b> vCPU {command.vcpu} {operandsIn(command)}
            </li>
          ))}
        </ol>
      </section>
      <Texts texts={found.texts} />
    </>
  );
}

/** A link to the same in the page: it holds the whole case. */
function ReplayLink({ file }: { readonly file: WireShrunk['case'] }) {
  const href = useSignal<string | null>(null);
  useEffect(() => {
    // A case that is too long for a link can still be saved.
    void fragmentOf({ from: caseOf(file), seq: null }).then(
      (fragment) => {
        href.value = caseHref(fragment);
      },
      () => undefined,
    );
  }, [file, href]);
  if (href.value === null) return null;
  return (
    <a class="button" href={href.value}>
      Replay it
    </a>
  );
}

const TEXTS = [
  ['curl', 'Script for curl', 'shrunk.sh'],
  ['typescript', 'TypeScript', 'shrunk.test.ts'],
  ['python', 'Python', 'test_shrunk.py'],
  ['kvm-unit-tests', 'C for kvm-unit-tests', 'shrunk.c'],
] as const;

function Texts({ texts }: { readonly texts: WireShrunk['texts'] }) {
  const shown = useSignal<(typeof TEXTS)[number]>(TEXTS[0]);
  const [name, words, file] = shown.value;
  const text = texts[name] ?? '';
  return (
    <section class="panel trace-part" aria-label="The same as a test">
      <div class="trace-saves">
        {TEXTS.map((one) => (
          <button
            key={one[0]}
            type="button"
            aria-pressed={one === shown.value}
            onClick={() => {
              shown.value = one;
            }}
          >
            {one[1]}
          </button>
        ))}
      </div>
      <p class="trace-saves">
        <CopyButton text={text} words="Copy" />
        <button type="button" onClick={() => saveText(file, text)}>
          Save
        </button>
      </p>
      <Scroll label={words}>
        <pre class="code">{text}</pre>
      </Scroll>
    </section>
  );
}
