import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Calibration,
  type CalibrationSetup,
  calibrate,
  calibrationText,
  DEFAULT_PRICES,
  PriceFile,
  type PriceName,
  priceListOf,
} from '../../src/lab/index.js';

const BASE = 'xeon-8269cy-4.19';
const SETUP: CalibrationSetup = { name: 'mine', ghz: 2, base: BASE };

function sample(name: string): string {
  return readFileSync(new URL(`../../examples/calibrate/${name}.txt`, import.meta.url), 'utf8');
}

/** Value, low and high of each price that was found. */
function rangesOf({ file }: Calibration) {
  const found = Object.entries(file.prices) as [PriceName, PriceFile['prices']['exit'] & object][];
  return Object.fromEntries(
    found.map(([name, { value, low, high }]) => [name, [value, low, high]]),
  );
}

const found = (text: string, setup = SETUP) => rangesOf(calibrate([text], setup));
const unreadIn = (text: string) =>
  calibrate([text], SETUP).report.unread.map(({ what, count }) => [what, count]);

/** A table of `perf kvm stat report`. */
const table = (rows: string) => `
Analyze events for all VMs, all VCPUs:

             VM-EXIT    Samples  Samples%     Time%    Min Time    Max Time         Avg time

${rows}

Total Samples:3000, Total events handled time:12345.67us.
`;
const CPUID =
  '  CPUID       1000    50.00%    10.00%      0.40us     20.00us      0.50us ( +-   1.00% )';

describe('perf kvm stat report', () => {
  test('the time of a handler, less that of a plain one, is a difference', () => {
    expect(found(sample('perf-kvm-stat'))).toEqual({
      // 0.94 us +- 0.42 %, less 0.46 us +- 0.76 % and a hit of 50 to 400 cycles.
      cr3Exit: [810, 545, 925],
      // 1.66 us +- 1.28 %, less the same and a lock of 15 to 100.
      pageFault: [2360, 2251, 2434],
      flushAddress: [1480, 1391, 1534],
    });
  });

  test('AMD names its exits otherwise', () => {
    const rows = `${CPUID.replace('CPUID', 'cpuid')}
      npf       1000    50.00%    10.00%      0.50us     20.00us      2.50us ( +-   0.00% )
      write_cr3       500    50.00%    10.00%      0.50us     20.00us      1.00us ( +-   0.00% )
      PF excp       500    50.00%    10.00%      0.50us     20.00us      9.00us ( +-   0.00% )`;
    const calibration = calibrate([table(rows)], SETUP);
    expect(rangesOf(calibration)).toEqual({
      pageFault: [3960, 3880, 4005],
      cr3Exit: [850, 580, 970],
    });
    expect(calibration.unused).toEqual(['PAGE_FAULT']);
    expect(calibration.file.prices.pageFault?.source).toBe(
      'perf kvm stat: npf 2.50 us, samples 1000, less a plain handler and mmuLock (perf kvm stat: ' +
        'cpuid 0.50 us, samples 1000); new pages and host memory are in it',
    );
  });

  test('columns may stand in another order, times have another unit, and a comma for the point', () => {
    const text = `
> Event name  Mean Time  Samples  Time%
> CPUID  500ns ( +- 1,00% )  1000  1,00%
> EPT_VIOLATION  0,0025ms ( +- 0,00% )  1000  9,00%`;
    expect(found(text)).toEqual({ pageFault: [3960, 3880, 4005] });
  });

  test('samples and times may be in groups of three digits', () => {
    const often = CPUID.replace('1000', '1,000').replace('0.50us', '2,000.50us').replace('+-', '±');
    const { readings } = calibrate([table(often)], SETUP).report;
    expect(readings.map(({ samples, value, high }) => [samples, value, high])).toEqual([
      [1000, 2000.5, 2040.51],
    ]);
  });

  test('a locale may group by points, too', () => {
    const rows = CPUID.replaceAll('.', ',').replace('0,50us', '2.000,50us');
    const { readings } = calibrate([table(rows)], SETUP).report;
    expect(readings.map(({ value, high }) => [value, high])).toEqual([[2000.5, 2040.51]]);
    expect(unreadIn(table(CPUID.replace('0.50us', '1,2,3us')))).toEqual([
      ['row of a perf kvm stat table without samples or a unit of time', 1],
    ]);
  });

  test.each(['\u00a0', '\u202f', "'", '\u2019'])('and others by %j', (sign) => {
    const rows = `  CPUID  12${sign}345  50,00%  10,00%  0,40us  20,00us  1${sign}000,50us ( +-  1,00% )`;
    const { readings } = calibrate([table(rows)], SETUP).report;
    expect(readings.map(({ samples, value }) => [samples, value])).toEqual([[12345, 1000.5]]);
  });

  test('a table that breaks off within a row gives what it had', () => {
    const text = `${table(CPUID).split('\nTotal')[0]}  EPT_VIOLATION     900    20.0`;
    expect(calibrate([text], SETUP).report.readings.map(({ name }) => name)).toEqual(['CPUID']);
    expect(unreadIn(text)).toEqual([
      ['row of a perf kvm stat table that does not fit its head', 1],
    ]);
  });

  test('since Linux 6.4 nanoseconds stand in the head, and no spread behind the mean', () => {
    const text = `
Event name                Samples   Sample%    Time (ns)     Time%   Max Time (ns)   Min Time (ns)  Mean Time (ns)
EPT_VIOLATION                1000     54.00%      2500000    40.00%            9000            2250            2500
CPUID                         500     35.00%       250000    23.00%             900             500             500
0xfee00380:W                   12      1.00%         1200     1.00%             100             100             100
`;
    const calibration = calibrate([text], SETUP);
    const read = calibration.report.readings;
    expect(read.map(({ name, samples, value, least }) => [name, samples, value, least])).toEqual([
      ['EPT_VIOLATION', 1000, 2.5, 2.25],
      ['CPUID', 500, 0.5, 0.5],
    ]);
    expect(rangesOf(calibration).pageFault?.[0]).toBe(3960);
    expect(unreadIn(text)).toEqual([]);
    expect(
      calibration.report.aside.map(({ count, example }) => [count, example.slice(0, 12)]),
    ).toEqual([[1, '0xfee00380:W']]);
  });

  test('lost events are told around the table', () => {
    const text = `Warning:\nProcessed 99 events and lost 2 chunks!\n\nCheck IO/CPU overload!\n${table(CPUID)}`;
    expect(unreadIn(text)).toEqual([]);
  });

  test('without a spread, the shortest tells how far a mean may be off', () => {
    const plain = CPUID.replace(/\( .*/, '');
    const npf = plain.replace('CPUID', 'NPF').replace('0.50us', '1.50us');
    // 0.40 to 0.60 us, and 0.40 to 2.60 us.
    expect(found(table(`${plain}\n${npf}`))).toEqual({ pageFault: [1960, 0, 4385] });
  });

  test('sections of several vCPUs, and of live, are weighed by their samples', () => {
    const npf = CPUID.replace('CPUID', 'NPF').replace('0.50us', '1.00us').replace('1.00%', '0.00%');
    const often = npf.replace('1000', '3000').replace('1.00us', '3.00us');
    const text = `${table(`${CPUID}\n${npf}`)}\n15:52:35.709821\n${table(`${CPUID}\n${often}`)}`;
    expect(found(text)).toEqual({ pageFault: [3960, 3880, 4005] });
  });

  test('one sample tells no spread', () => {
    const once = CPUID.replace('CPUID', 'NPF').replace('1000', '1').replace('0.50us', '2.50us');
    expect(found(table(`${CPUID}\n${once}`))).toEqual({ pageFault: [3960, 1380, 9005] });
  });

  test('where no plain exit was seen, the shortest handler stands for one', () => {
    const only = CPUID.replace('CPUID', 'EPT_VIOLATION').replace('0.50us', '2.50us');
    expect(found(table(only))).toEqual({ pageFault: [4160, 4000, 5085] });
  });

  test('tables of MMIO, I/O ports and MSRs are none of exits', () => {
    const text = table(CPUID).replace('VM-EXIT', 'IO Port Access');
    const calibration = calibrate([text], SETUP);
    expect(calibration.report.readings).toEqual([]);
    expect(unreadIn(text)).toEqual([]);
    expect(calibrationText(calibration, SETUP)).toContain(
      'Not used: a line (row of accesses by address, of MMIO, I/O ports or MSRs: a price is one of exits by reason), the first: "CPUID ',
    );
  });

  test('a handler that is shorter than a plain one leaves no price', () => {
    const quick = CPUID.replace('CPUID', 'INVLPG').replace('0.50us', '0.45us');
    const calibration = calibrate([table(`${CPUID}\n${quick}`)], SETUP);
    expect([rangesOf(calibration), calibration.nothingLeft]).toEqual([{}, ['flushAddress']]);
  });

  test('rows that do not fit are counted', () => {
    const rows = `${CPUID}\n  HLT   10  1.00%\n  HLT   11  1.00%
      NPF   0  0.00%  0.00%  0.00us  0.00us  0.00us\n  NPF  9  1.0%  1.0%  100  200  150`;
    expect(unreadIn(table(rows))).toEqual([
      ['row of a perf kvm stat table that does not fit its head', 2],
      ['row of a perf kvm stat table without samples or a unit of time', 2],
    ]);
  });
});

describe('a trace', () => {
  test('pairs exits and entries by task, and leaves out what went to the device model', () => {
    const { report, file } = calibrate([sample('perf-script')], { name: 'mine', base: BASE });
    const read = report.readings.map(({ name, value, samples }) => [
      name,
      Number(value.toFixed(3)),
      samples,
    ]);
    expect(read).toEqual([
      ['CPUID', 1, 2],
      ['EPT_VIOLATION', 4, 1],
      ['REFLECTED_TO_L1', 4, 1],
      ['VMRESUME', 3, 1],
    ]);
    expect([file.machine, file.ghz, file.prices.nestedExit?.kernel]).toEqual([
      'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz, Linux 6.8.0-45-generic',
      2.5,
      '6.8.0-45-generic',
    ]);
    expect(report.unread).toEqual([]);
  });

  test('ftrace has other places for task, CPU and flags', () => {
    const line = (task: string, flags: string, at: string, event: string) =>
      `  ${task}-7289    [023] ${flags} ${at}: ${event}\n`;
    let text = '# tracer: nop\n';
    for (let i = 0; i < 4; i += 1) {
      const second = 10 + i;
      text += line('CPU 0/KVM', 'd....', `${second}.100000000`, 'kvm_exit: reason npf rip 0x1');
      text += line('CPU 0/KVM', '.....', `${second}.100001000`, 'kvm_page_fault: address 1');
      text += line('CPU 0/KVM', 'd..2.', `${second}.100003000`, 'kvm_entry: vcpu 0, rip 0x1');
      text += line('CPU 0/KVM', 'dNh1.', `${second}.200000000`, 'kvm_exit: reason cpuid rip 0x1');
      text += line('CPU 0/KVM', 'd....', `${second}.200000500`, 'kvm_entry: vcpu 0');
    }
    // 3 us less 0.5 us: 5,000 cycles, less the lock; a nanosecond is the last digit.
    expect(found(text)).toEqual({ pageFault: [4960, 4896, 4989] });
  });

  test('an exit whose entry is not there, and one without a time or a reason', () => {
    const text = `a 1 [0] 1.000001: kvm:kvm_entry: vcpu 0
a 1 [0] 1.000002: kvm:kvm_exit: vcpu 0
 CPU 0: kvm_exit: vcpu 0 reason CPUID rip 0x1
a 1 [0] 1.000004: kvm:kvm_exit: vcpu 0 reason CPUID rip 0x1`;
    expect(calibrate([text], SETUP).report.readings).toEqual([]);
    expect(unreadIn(text)).toEqual([
      ['exit without its reason', 1],
      ['exit or entry without its time', 1],
    ]);
  });
});

describe("kvm-unit-tests' vmexit", () => {
  test('has cycles, which no clock has to change', () => {
    const calibration = calibrate([sample('vmexit')], { name: 'mine', base: BASE });
    expect(rangesOf(calibration)).toEqual({
      exit: [1184, 1184, 1252],
      kick: [6210 - 2 * 1184, 6210 - 3 * 1252, 6210],
      // 2,740 a write, less an exit, a drop (40 to 500), a flush (100 to 2,000), a lock (15 to 100).
      loadExisting: [1016, 0, 1401],
      flushAll: [620, 400, 4000],
    });
    expect(calibration.report.unread).toEqual([]);
  });

  test('several runs make a range', () => {
    const runs = ['vmcall 1100', 'vmcall 1300', 'vmcall 1200'];
    const calibration = calibrate(runs, SETUP);
    expect(rangesOf(calibration)).toEqual({ exit: [1200, 1100, 1300] });
    expect(calibration.file.prices.exit?.source).toBe(
      'kvm-unit-tests vmexit: vmcall 1100, and 2 more',
    );
  });

  test('toggles that make no exit load no root, and one that exits is no flush of the processor', () => {
    expect(found('vmcall 1200\ntoggle_cr0_wp 210\ntoggle_cr4_pge 5000')).toEqual({
      exit: [1200, 1200, 1200],
    });
  });

  test('a test that the machine does not have says so', () => {
    const text = 'vmcall 1200\nipi N/A\nipi_halt (skipped)\nSKIP vmexit_ipi (0 tests)';
    expect([found(text), unreadIn(text)]).toEqual([{ exit: [1200, 1200, 1200] }, []]);
  });

  test('what it does not have is counted', () => {
    expect(unreadIn('cpuid 1200\nfrobnicate 12\nmov_dr -3\nhello there')).toEqual([
      ['test that vmexit does not have', 1],
      ['test of vmexit whose cycles are not above zero', 1],
      ['line of no format that is read', 1],
    ]);
  });
});

describe('counts without times', () => {
  test.each([
    ['kvm_stat', sample('kvm_stat'), 5],
    ['an old kvm_stat', 'kvm statistics\n\nefer_reload   94   0\n kvm_exit(CPUID)  7  1', 2],
    ['kvm_stat -1', 'exits        120        12\nkvm_exit      99         9\nCPUID   7   1', 3],
    ['kvm_stat -1 without rates', 'kvm_exit(CPUID)     99\ntlb_flush     3', 2],
    ['kvm_stat -l', ' kvm_exit  kvm_entry\n   123     120\n     5       4', 2],
    ['kvm_stat -L', 'exits tlb_flush CPUID\n2026-11-30 10:11:12    12     3   4', 3],
    ['kvm_stat -L -c', 'timestamp,exits,tlb_flush\n2026-11-30 10:11:12,12,3', 2],
    [
      'kvm_stat in groups of digits',
      ' Event  Total %Total CurAvg/s\n kvm_exit  1,764  10.8  84',
      1,
    ],
    [
      'kvm_stat by guests',
      'kvm statistics - summary\n Event  Total %Total CurAvg/s\n kvm_exit  9  1.0  1\nGuest pid 7\nGuest Total  9',
      1,
    ],
    ['perf stat in French', ' 124\u202f781   kvm:kvm_entry\n 12\u202f345   kvm:kvm_exit', 2],
    ['perf stat -x,', '124781,,kvm:kvm_entry,1000,100.00,,\n12,,kvm:kvm_exit,1,1', 2],
    ['perf stat -x;', '124781;;kvm:kvm_entry;1000;100.00;;', 1],
    ['perf stat', " Performance counter stats for 'system wide':\n\n 124,781 kvm:kvm_entry", 1],
  ])('%s: nothing follows, and it says so', (_, text, size) => {
    const calibration = calibrate([text], SETUP);
    expect([calibration.report.counts.size, calibration.report.unread]).toEqual([size, []]);
    expect(calibrationText(calibration, SETUP)).toMatch(
      /^Cannot calibrate: no price follows from what was given; .* count and take no time/,
    );
  });
});

test('an event that perf stat could not count is told', () => {
  const head = " Performance counter stats for 'system wide':\n\n";
  const text = `${head} 99  kvm:kvm_exit\n <not counted>  kvm:kvm_cr\n  10,003 seconds time elapsed`;
  const { counts, unread } = calibrate([text], SETUP).report;
  expect([[...counts], unread.map(({ what, count }) => [what, count])]).toEqual([
    [['kvm:kvm_exit', 99]],
    [['event that perf stat could not count', 1]],
  ]);
});

test('lines of a log add up, and one that does not fit its names is not counted in', () => {
  const text =
    'timestamp,exits,tlb_flush\n2026-11-30 10:11:12,12,3\n2026-11-30 10:11:13,5,4\n1,2,3,4';
  const { counts, unread } = calibrate([text], SETUP).report;
  expect([Object.fromEntries(counts), unread.map(({ count }) => count)]).toEqual([
    { exits: 17, tlb_flush: 7 },
    [1],
  ]);
});

test('counts without rates do not swallow the cycles of a test in the same file', () => {
  const { prices } = calibrate(['kvm_exit 99 9\nvmcall 1200'], SETUP).file;
  expect(prices.exit?.value).toBe(1200);
});

test('lines that nobody knows are counted by kind, each with the first of it', () => {
  const text =
    'vmcall 1200\nHLT  1208  903477.145  1.061\nbye\nMSR 7 8us 9%\n\u0001\u0002\nso long';
  const calibration = calibrate([text], SETUP);
  expect(calibration.report.unread).toEqual([
    { what: 'row of a table of another tool', count: 2, example: 'HLT  1208  903477.145  1.061' },
    { what: 'line of no format that is read', count: 2, example: 'bye' },
    { what: 'line that is no text', count: 1, example: '\u0001\u0002' },
  ]);
  expect(calibrationText(calibration, SETUP)).toMatch(/^1 price was found; the other 22 are those/);
});

test('a recording is told apart from its text', () => {
  expect(
    calibrate(['PERFILE2h\0\0\0\nvmcall 1200\n', '\ufeffvmcall 1300'], SETUP).report,
  ).toMatchObject({
    readings: [{ name: 'vmcall', value: 1300 }],
    unread: [
      {
        what: 'perf.data as it was recorded: "perf kvm stat report" or "perf script" makes text of it',
        count: 1,
        example: 'PERFILE2',
      },
    ],
  });
});

test('the whole list takes what was found, and the base where nothing was', () => {
  const { file } = calibrate([sample('vmexit'), sample('perf-kvm-stat')], SETUP);
  const list = priceListOf(PriceFile.parse(JSON.parse(JSON.stringify(file))));
  expect(list.prices.exit).toMatchObject({ value: 1184, sure: 'calibrated', cpu: 'this host' });
  expect(list.prices.syncLeaf).toEqual(DEFAULT_PRICES.prices.syncLeaf);
});

test('says what was found, at what frequency, and what was not understood', () => {
  const setup = { name: 'mine', base: BASE } as const;
  const calibration = calibrate(
    [table(CPUID), 'INVLPG?', table(CPUID.replace('CPUID', 'NPF'))],
    setup,
  );
  expect(calibrationText(calibration, setup)).toContain('"INVLPG?"');
  const timed = calibrate([sample('perf-kvm-stat')], setup);
  expect(calibrationText(timed, setup).split('\n').slice(0, 3)).toEqual([
    '3 prices were found; the other 20 are those of xeon-8269cy-4.19.',
    'price         cycles    low   high  row of a report',
    'flushAddress   1,860  1,764  1,921  perf kvm stat: INVLPG 1.22 us, samples 30911',
  ]);
  expect(calibrationText(timed, setup)).toContain('Times became cycles at 2.5 GHz');
});

test('any text makes a valid file, or none', () => {
  const samples = ['perf-kvm-stat', 'perf-script', 'vmexit', 'kvm_stat'].map(sample).join('\n');
  const lines = samples.split('\n');
  const mangled = fc.array(
    fc
      .tuple(fc.constantFrom(...lines), fc.nat(60), fc.string({ maxLength: 4 }))
      .map(([line, at, text]) => `${line.slice(0, at)}${text}${line.slice(at)}`),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(mangled, (made) => {
      const { file } = calibrate([made.join('\n')], SETUP);
      expect(PriceFile.safeParse(file).success).toBe(true);
    }),
    { seed: 15, numRuns: 400 },
  );
});
