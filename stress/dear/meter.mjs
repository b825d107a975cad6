/*
 * Loaded into the server before it starts: measures the longest turn of its loop in CPU time, which
 * other programs on the machine do not lengthen. SIGUSR2 prints the measure and begins anew.
 */

import { readFileSync } from 'node:fs';

/** Milliseconds between two looks. */
const LOOK_MS = 1;

/** CPU time of the thread that runs the loop; `process.cpuUsage()` has that of the collector's too. */
const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

const mainMsOf = () => Number(readFileSync(SCHEDSTAT, 'utf8').split(' ')[0]) / 1e6;

const allMsOf = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

let [last, lastMain] = [allMsOf(), mainMsOf()];
let [worst, worstMain] = [0, 0];

const look = () => {
  const [now, nowMain] = [allMsOf(), mainMsOf()];
  worst = Math.max(worst, now - last);
  worstMain = Math.max(worstMain, nowMain - lastMain);
  [last, lastMain] = [now, nowMain];
};

setInterval(look, LOOK_MS).unref();

process.on('SIGUSR2', () => {
  look();
  process.stdout.write(`longest turn ${worst} ms, ${worstMain} ms of them the loop\n`);
  [worst, worstMain] = [0, 0];
});
