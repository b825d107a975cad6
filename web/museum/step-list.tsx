import { operandsOf } from '../model/words.js';
import type { Story } from './exhibit-story.js';

interface Props {
  readonly story: Story;
  readonly at: number;
  /** @param step From 1. */
  readonly onSeek: (step: number) => void;
}

/** The commands of a story, with where the sides part and where the judge speaks. */
export function StepList({ story, at, onSeek }: Props) {
  const { amiss, sound, first, spoken, parted } = story;
  const longer = amiss.commands.length < sound.commands.length ? sound : amiss;
  return (
    <nav class="panel steps" aria-label="Steps">
      <p class="hint">{first} commands have set the stage.</p>
      <ol>
        {longer.commands.slice(first).map((frame, index) => {
          const place = first + index;
          return (
            <li key={frame.seq}>
              <button
                type="button"
                class="story-jump"
                aria-current={place === at ? 'step' : undefined}
                onClick={() => onSeek(index + 1)}
              >
                <span class="story-number">{index + 1}</span>
                <span class="story-command">
                  {frame.command.kind} <small>{operandsOf(frame)}</small>
                </span>
                {place === parted && <span class="story-parts">they part</span>}
                {place === spoken && <span class="story-speaks">caught</span>}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
