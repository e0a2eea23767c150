export type { Report } from '@reembed/contracts';
export { renderReport } from './render-report.ts';
