export * from './conform/index.js';
export {
  type Act,
  type Catch,
  commandsOf,
  type Exhibit,
  isAsItShouldBe,
  JUDGES,
  type Judge,
  MUSEUM,
  play,
  type Scene,
  type Shown,
  show,
} from './museum/index.js';
export * from './race/index.js';
export * from './workloads/index.js';
