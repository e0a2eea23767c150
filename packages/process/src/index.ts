export { isOfAnotherSite, isSameSecret } from './access.ts';
export { loadSettings } from './load-settings.ts';
export { nodeEnvironment, nodeFlags } from './node-flags.ts';
export { packageVersion } from './package-version.ts';
export { portRefused } from './port-refused.ts';
export { type AppOptions, createLog, runApp, runUntilTold, type Service } from './run-app.ts';
export { systemClock } from './system-clock.ts';
