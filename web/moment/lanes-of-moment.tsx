import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { createDesk } from '../lanes/desk.js';
import { Lanes } from '../lanes/lanes.js';
import { isWhole, type Viewport } from '../lanes/viewport.js';
import type { Source } from '../model/source.js';

interface Props {
  readonly source: Source;
  readonly seq: number;
  /** Whether root_mmu maps L1's memory directly. */
  readonly isDirect: boolean;
  /** The window at first; null for all of the history. */
  readonly window: Viewport | null;
  readonly onSeek: (seq: number) => void;
  readonly onWindow: (window: Viewport | null) => void;
}

/** vCPUs that are open: below the lanes there is the moment. */
const OPEN_MAX = 1;

/** A history as lanes whose selected event is the moment that is shown. */
export function LanesOfMoment({ source, seq, isDirect, window, onSeek, onWindow }: Props) {
  const desk = useMemo(() => createDesk(source, OPEN_MAX), [source]);
  useEffect(() => desk.end, [desk]);
  useEffect(() => {
    desk.isDirect.value = isDirect;
  }, [desk, isDirect]);
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
    if (window === null) desk.showAll();
    else desk.show(window);
    if (told.current !== null) desk.select(told.current);
  });
  useSignalEffect(() => {
    const selected = desk.selected.value;
    if (selected === null || selected === told.current) return;
    told.current = selected;
    onSeek(selected);
  });
  useSignalEffect(() => {
    const view = desk.view.value;
    if (!hasBegun.current) return;
    onWindow(isWhole(view, desk.extent.peek()) ? null : view);
  });
  return <Lanes desk={desk} vm={null} />;
}
