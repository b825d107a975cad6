import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { ExhibitFinding, ExhibitLabel } from '../engine/protocol.js';
import type { Engine } from '../model/engine.js';
import { firstDifference, type Side, sideOf } from '../model/story.js';
import { type Action, useActions } from '../shell/actions.js';
import { Card } from '../shell/card.js';
import { exhibitHref } from '../shell/links.js';
import { address, navigate } from '../shell/router.js';
import { ExhibitHead } from './exhibit-head.js';
import { StepList } from './step-list.js';
import { StoryStep } from './story-step.js';

interface Props {
  readonly engine: Engine;
  readonly name: string;
  readonly labels: readonly ExhibitLabel[];
}

/** An exhibit with the scenes of both sides. */
export interface Story {
  readonly finding: ExhibitFinding;
  /** With the mistake, and without it. */
  readonly amiss: Side;
  readonly sound: Side;
  /** Index of the first command that is played; those before it set the stage. */
  readonly first: number;
  /** Index of the command at which the judge speaks; null if it never does. */
  readonly spoken: number | null;
  /** Index of the first command that comes out otherwise; null if none does. */
  readonly parted: number | null;
}

/** An exhibit as a story: its commands are stepped through, with the mistake and without it. */
export function ExhibitStory({ engine, name, labels }: Props) {
  const story = useSignal<Story | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    storyOf(engine, name).then(
      (found) => {
        story.value = found;
      },
      (error: Error) => {
        failure.value = error.message;
      },
    );
  }, [engine, name, story, failure]);
  if (failure.value !== null) return <NoExhibit reason={failure.value} />;
  if (story.value === null) return <p class="hint moment-failure">Setting the stage ...</p>;
  return <Told engine={engine} story={story.value} labels={labels} />;
}

interface ToldProps extends Pick<Props, 'engine' | 'labels'> {
  readonly story: Story;
}

function Told({ engine, story, labels }: ToldProps) {
  const { amiss, sound, first, finding } = story;
  const { name } = finding.label;
  const last = Math.max(amiss.commands.length, sound.commands.length) - 1;
  const asked = Number(/^#(\d{1,6})$/.exec(address.value.hash)?.[1] ?? 1);
  const at = Math.min(Math.max(first + asked - 1, first), last);
  const actions = useMemo((): readonly Action[] => {
    const group = 'In a story';
    const go = (to: number) => seek(name, Math.min(Math.max(to, first), last) - first + 1);
    return [
      { group, key: 'ArrowLeft', text: 'The step before', run: () => go(at - 1) },
      { group, key: 'ArrowRight', text: 'The next step', run: () => go(at + 1) },
      { group, key: 'Home', text: 'The first step', run: () => go(first) },
      { group, key: 'End', text: 'Where the judge speaks', run: () => go(story.spoken ?? last) },
    ];
  }, [story, name, first, last, at]);
  useActions(actions);
  return (
    <main>
      <ExhibitHead story={story} at={at} labels={labels} />
      <div class="story">
        <StepList story={story} at={at} onSeek={(step) => seek(name, step)} />
        <StoryStep
          engine={engine}
          story={story}
          at={at}
          last={last}
          onSeek={(s) => seek(name, s)}
        />
      </div>
    </main>
  );
}

function seek(name: string, step: number): void {
  navigate(`${exhibitHref(name)}#${step}`, 'replace');
}

async function storyOf(engine: Engine, name: string): Promise<Story> {
  const finding = await engine.call('judged', { exhibit: name });
  const exhibit = { kind: 'exhibit', mmulab: MMULAB_VERSION, exhibit: name } as const;
  const amiss = await sideOf(engine, { ...exhibit, isOn: true });
  const sound = await sideOf(engine, { ...exhibit, isOn: false });
  const first = finding.stageCommands;
  const { caught } = finding;
  return {
    ...{ finding, amiss, sound, first },
    spoken: caught === null ? null : first + Math.max(caught.after, 1) - 1,
    parted: firstDifference(amiss, sound),
  };
}

function NoExhibit({ reason }: { readonly reason: string }) {
  return (
    <Card title="No such exhibit">
      <p>{reason}.</p>
      <p>
        <a href="/museum">The museum</a>
      </p>
    </Card>
  );
}
