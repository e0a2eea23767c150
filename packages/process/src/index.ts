export { createLog } from './create-log.ts';
export { loadSettings } from './load-settings.ts';
export { type AppMain, runApp } from './main-of-app.ts';
export { runUntilTold, type Service } from './run-until-told.ts';
export { systemClock } from './system-clock.ts';
