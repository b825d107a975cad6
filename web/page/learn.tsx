import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Lesson } from '../learn/lesson-view.js';
import { LESSONS } from '../learn/lessons.js';
import { Card } from '../shell/card.js';
import type { Params } from '../shell/path.js';
import { PageHead } from '../view/page-head.js';

/** The lessons, or the one that the path names: a page of docs/, whose commands run here. */
export function View({ params: { lesson: name } }: { readonly params: Params }) {
  if (name === undefined) return <Lessons />;
  const lesson = LESSONS.find((one) => one.name === name);
  if (lesson === undefined) return <NoLesson name={name} />;
  return <Loaded key={name} load={lesson.load} />;
}

function Loaded({ load }: { readonly load: () => Promise<string> }) {
  const text = useSignal<string | null>(null);
  useEffect(() => {
    void load().then((found) => {
      text.value = found;
    });
  }, [load, text]);
  return text.value === null ? null : <Lesson text={text.value} />;
}

function Lessons() {
  return (
    <>
      <PageHead>
        <h1 class="tagline">Learn: five minutes each, on a VM of your own</h1>
      </PageHead>
      <main class="museum">
        <ul class="exhibits">
          {LESSONS.map(({ name, title, about }) => (
            <li key={name} class="panel exhibit">
              <a href={`/learn/${name}`}>{title}</a>
              <p>{about}</p>
            </li>
          ))}
        </ul>
      </main>
    </>
  );
}

function NoLesson({ name }: { readonly name: string }) {
  return (
    <Card title="No such lesson">
      <p>There is no lesson “{name}”.</p>
      <p>
        <a href="/learn">All lessons</a>
      </p>
    </Card>
  );
}
