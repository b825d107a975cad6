/** The lab as it is shipped. @throws {Error} If the build is missing. */
export const {
  boundedAlphabet,
  boundedMachine,
  createCensus,
  createReconstruction,
  createScore,
  createTextReader,
  datSteps,
  Exploration,
  openDat,
  SOUNDNESS,
  specSetting,
} = (await import(
  new URL('../dist/lab/index.js', import.meta.url).href
)) as typeof import('../src/lab/index.js');
