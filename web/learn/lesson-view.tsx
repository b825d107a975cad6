import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { askText } from '../api/client.js';
import { vmHref } from '../shell/links.js';
import { CommandBlock } from './command-block.js';
import { type LessonPart, partsOf } from './lesson.js';
import { Prose } from './prose.js';
import { Shell } from './shell.js';

/** A VM that a lesson has made, with the variable that names it. */
interface MadeVm {
  readonly variable: string;
  readonly vm: string;
}

/** A lesson: its text, each command with a button, and links to the VMs that it has made. */
export function Lesson({ text }: { readonly text: string }) {
  const parts = useMemo(() => partsOf(text), [text]);
  const shell = useMemo(() => new Shell(askText), [text]);
  const made = useSignal<readonly MadeVm[]>([]);
  const onRun = () => {
    made.value = [...shell.variables]
      .filter(([, value]) => /^vm-\d+/.test(value))
      .map(([variable, vm]) => ({ variable, vm }));
  };
  return (
    <main class="lesson">
      {parts.map((part, index) => (
        // Parts of a text that does not change have no key but their place.
        <Part key={index} part={part} shell={shell} onRun={onRun} />
      ))}
      <Made vms={made.value} />
    </main>
  );
}

interface PartProps {
  readonly part: LessonPart;
  readonly shell: Shell;
  readonly onRun: () => void;
}

function Part({ part, shell, onRun }: PartProps) {
  switch (part.kind) {
    case 'heading':
      return part.level === 1 ? <h1>{part.text}</h1> : <h2>{part.text}</h2>;
    case 'prose':
      return (
        <p>
          <Prose text={part.text} />
        </p>
      );
    case 'commands':
      return (
        <>
          {part.commands.map((command) => (
            <CommandBlock key={command.script} {...{ command, shell, onRun }} />
          ))}
        </>
      );
  }
}

function Made({ vms }: { readonly vms: readonly MadeVm[] }) {
  if (vms.length === 0) return null;
  return (
    <aside class="panel lesson-vms" aria-label="VMs of this lesson">
      <h2>VMs of this lesson</h2>
      <ul>
        {vms.map(({ variable, vm }) => (
          <li key={variable}>
            <code>${variable}</code>{' '}
            <a href={vmHref(vm)} target="_blank" rel="noreferrer">
              {vm}
            </a>
          </li>
        ))}
      </ul>
    </aside>
  );
}
