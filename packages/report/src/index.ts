export type { Report } from '@reembed/contracts';
export { pagePolicy } from './page/html-page.ts';
export { renderReport } from './render-report.ts';
export { renderTrialPage } from './render-trial.ts';
