import type { WireRace } from '../api/wire.js';
import { vmHref } from '../shell/links.js';
import { figure } from '../view/figure.js';

/** The source of a race in one line. */
export function RaceSource({ race: { source, commands, version } }: { readonly race: WireRace }) {
  return (
    <p class="race-source">
      <Source source={source} />, {figure(commands)} commands, mmulab {version}
    </p>
  );
}

function Source({ source }: Pick<WireRace, 'source'>) {
  switch (source.kind) {
    case 'workload':
      return (
        <>
          workload <b>{source.name}</b>, seed {source.seed}
          {otherThanCount(source.parameters)}
        </>
      );
    case 'commands':
      return <>commands that were given</>;
    case 'vm':
      return (
        <>
          <a href={vmHref(source.vm)}>{source.vm}</a> up to {source.seq}
        </>
      );
  }
}

/** Parameters without the number of commands, which is told anyway. */
function otherThanCount(parameters: Readonly<Record<string, number | boolean>>): string {
  return Object.entries(parameters)
    .filter(([name]) => name !== 'commands')
    .map(([name, value]) => `, ${name} ${value}`)
    .join('');
}
