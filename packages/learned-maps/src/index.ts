export { type Adapter, adapterPath, createAdapterFiles, loadAdapter, saveAdapter } from './adapter-files.ts';
export { applyMap, type HeldMap, holdMap } from './affine-map.ts';
export { chooseSample, measureSample, type Sample } from './choose-sample.ts';
export { type FitRequest, type FitResult, fitAdapter } from './fit-adapter.ts';
export { beginFit, type FitName, type Fitted } from './fit-maps.ts';
export { openLinearAlgebra } from './linear-algebra.ts';
export { queryAdapterPython, queryAdapterTypeScript } from './query-code.ts';
