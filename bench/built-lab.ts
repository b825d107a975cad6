/** The lab as it is shipped. @throws {Error} If the build is missing. */
export const {
  createCensus,
  createReconstruction,
  createScore,
  createTextReader,
  datSteps,
  openDat,
} = (await import(
  new URL('../dist/lab/index.js', import.meta.url).href
)) as typeof import('../src/lab/index.js');
