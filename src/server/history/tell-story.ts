import { countingSink, Recorder } from '../../journal/index.js';
import { Story } from '../../lab/index.js';
import { createVm, type FrozenVm, thawVm, type Vm } from '../../mmu/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { holdAlone } from '../fleet/hold-alone.js';

/**
 * Tells the story of a VM that was woken, which has none until somebody asks: runs its history again
 * from the oldest record that is kept, in turns, while other requests about the VM wait.
 */
export async function tellStory(fleet: Fleet, entry: FleetVm): Promise<void> {
  if (entry.story !== null) return;
  await holdAlone(entry, async () => {
    if (entry.story !== null) return;
    entry.story = await storyOf(fleet, entry);
  });
}

async function storyOf({ turns, step }: Fleet, { id, ring, vm: present }: FleetVm): Promise<Story> {
  const story = new Story();
  const { initial } = present;
  const thawed = (state: FrozenVm | null): Vm =>
    state === null ? createVm(initial) : thawVm(initial, state);
  const start = ring.past.checkpointFor(ring.oldest - 1);
  if (start === null) return story;
  const sink = countingSink<FrozenVm>(start.seq);
  const commands = ring.past.commandsUpTo(start.seq);
  const recorder = Recorder.resumed<FrozenVm>(id, sink, { made: start.made, commands });
  let vm = thawed(start.state);
  story.begin(vm);
  for (const next of ring.past.steps(start.seq, ring.head)) {
    if (turns.isOver()) await turns.next();
    if (next.type === 'command') {
      const { command } = next;
      const applied = recorder.record(command, (emit) => step(vm, command, emit));
      story.take(vm, command.vcpu, applied);
    } else {
      const { snapshot, to, state, made } = next;
      vm = thawed(state);
      story.rewound(vm, recorder.rewound({ snapshot, to, state }, made).seq);
    }
  }
  return story;
}
