export type { Report } from '@reembed/contracts';
export { renderReport } from './render-report.ts';
export { renderTrialPage } from './render-trial.ts';
