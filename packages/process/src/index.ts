export { loadSettings } from './load-settings.ts';
export { packageVersion } from './package-version.ts';
export { type AppOptions, createLog, runApp, runUntilTold, type Service } from './run-app.ts';
export { systemClock } from './system-clock.ts';
