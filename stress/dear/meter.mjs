/*
 * Loaded into the server before it starts: measures the longest turn of its loop in CPU time, which
 * other programs on the machine do not lengthen. SIGUSR2 prints the measure and begins anew.
 */

/** Milliseconds between two looks. */
const LOOK_MS = 1;

let last = process.cpuUsage();
let worst = 0;

const look = () => {
  const now = process.cpuUsage();
  const micros = now.user + now.system - last.user - last.system;
  last = now;
  worst = Math.max(worst, micros);
};

setInterval(look, LOOK_MS).unref();

process.on('SIGUSR2', () => {
  look();
  process.stdout.write(`longest turn ${worst / 1000} ms\n`);
  worst = 0;
});
