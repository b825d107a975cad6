import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { latest } from '../model/latest.js';
import type { Moments, WireWhy } from '../model/moments.js';
import { type Action, useActions } from '../shell/actions.js';

interface Props {
  readonly moments: Moments;
  readonly seq: number;
  readonly onSeek: (seq: number) => void;
}

/** The answer to "why?": asked for while the panel is open. */
export function WhyPanel({ moments, seq, onSeek }: Props) {
  const isOpen = useSignal(false);
  const why = useSignal<WireWhy | null>(null);
  const failure = useSignal('');
  const ask = useMemo(
    () =>
      latest(
        (of: number) => moments.why(of),
        (answer) => {
          failure.value = answer instanceof Error ? answer.message : '';
          if (!(answer instanceof Error)) why.value = answer;
        },
      ),
    [moments, why, failure],
  );
  useEffect(() => {
    if (isOpen.value) ask(seq);
  }, [ask, seq, isOpen.value]);
  useActions(
    useMemo((): Action[] => {
      const run = () => {
        isOpen.value = !isOpen.value;
      };
      return [
        { group: 'In a moment', key: 'y', text: 'Why did this happen?', isCommand: true, run },
      ];
    }, [isOpen]),
  );
  return (
    <details
      class="panel why"
      open={isOpen.value}
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary class="part-title">
        Why did @{seq} happen? <kbd>Y</kbd>
      </summary>
      <p class="failure" role="status">
        {failure.value}
      </p>
      {why.value?.seq === seq && <Answer why={why.value} onSeek={onSeek} />}
    </details>
  );
}

function Answer({ why, onSeek }: { readonly why: WireWhy; readonly onSeek: Props['onSeek'] }) {
  const { chain, decisions, policy, worth, life } = why;
  return (
    <div class="why-parts">
      <section aria-label="Causes">
        <h3 class="part-note">Causes, the first one first</h3>
        <ol>
          {chain.map(({ seq, what, kernel, manual }) => (
            <li key={seq} class="why-step">
              <Seq seq={seq} onSeek={onSeek} />
              <span>
                <span class="why-what">{what}</span>
                <span class="why-source">
                  {[kernel, manual].filter((source) => source !== null).join(' · ')}
                </span>
              </span>
            </li>
          ))}
        </ol>
      </section>
      {decisions.length > 0 && (
        <section aria-label="Policies">
          <h3 class="part-note">Policies in the same state</h3>
          <ul>
            {decisions.map(({ does, policies }) => (
              <li key={does} class="why-deed" data-own={policies.includes(policy)}>
                <span class="why-what">{does}</span>
                <span class="why-source">{policies.join(', ')}</span>
              </li>
            ))}
          </ul>
          {worth !== null && (
            <p class="why-worth">
              Worth, by @{worth.through}: <strong>{worth.worth}</strong>
            </p>
          )}
        </section>
      )}
      {life !== null && (
        <section aria-label="Life of the root">
          <h3 class="part-note">Life of {life.root}</h3>
          <ol>
            {life.stations.map(({ seq, what, times }) => (
              <li key={seq} class="why-step" data-own={seq === why.seq}>
                <Seq seq={seq} onSeek={onSeek} />
                <span class="why-what">
                  {what}
                  {times > 1 ? `, ${times} times` : ''}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}

function Seq({ seq, onSeek }: Pick<Props, 'seq' | 'onSeek'>) {
  return (
    <button type="button" class="why-seq" onClick={() => onSeek(seq)}>
      @{seq}
    </button>
  );
}
