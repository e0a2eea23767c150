export type { Report } from '@reembed/contracts';
