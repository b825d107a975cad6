export { type Calibration, type CalibrationSetup, calibrate } from './calibrate.js';
export { calibrationText } from './calibration-text.js';
