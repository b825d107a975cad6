import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { createDesk } from '../lanes/desk.js';
import { Lanes } from '../lanes/lanes.js';
import type { Source } from '../model/source.js';

interface Props {
  readonly source: Source;
  readonly seq: number;
  readonly onSeek: (seq: number) => void;
}

/** vCPUs that are open: below the lanes there is the moment. */
const OPEN_MAX = 1;

/** A history as lanes whose selected event is the moment that is shown. */
export function LanesOfMoment({ source, seq, onSeek }: Props) {
  const desk = useMemo(() => createDesk(source, OPEN_MAX), [source]);
  useEffect(() => desk.end, [desk]);
  const told = useRef<number | null>(null);
  useEffect(() => {
    told.current = seq;
    // Before the first answer, nothing is known that could be selected.
    if (desk.timeline.value !== null && desk.selected.peek() !== seq) desk.select(seq);
  }, [desk, seq]);
  const hasBegun = useRef(false);
  useSignalEffect(() => {
    if (desk.timeline.value === null || hasBegun.current) return;
    hasBegun.current = true;
    desk.showAll();
    if (told.current !== null) desk.select(told.current);
  });
  useSignalEffect(() => {
    const selected = desk.selected.value;
    if (selected === null || selected === told.current) return;
    told.current = selected;
    onSeek(selected);
  });
  return <Lanes desk={desk} vm={null} />;
}
