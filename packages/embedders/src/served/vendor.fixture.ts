import { type StubProvider, type StubProviderOptions, startStubProvider } from '@reembed/testkit';
import { findModel } from '../model-catalogue.ts';
import { findProvider } from '../providers.ts';
import type { ModelEntry } from '../records/model-fields.ts';
import type { Environment } from '../records/provider.ts';

export type Vendor = {
  readonly provider: StubProvider;
  /** Says where the stub is, and nothing else. */
  readonly env: Environment;
};

/** A stub in the place of the vendor that a model's name begins with, on the paths of the vendor's own address. */
export async function startVendor(model: string, options: StubProviderOptions): Promise<Vendor> {
  const { vendorUrl = null } = findModel(model, { config: { models: {} }, env: {} })?.profile ?? {};
  const { baseUrlVariable = null } = findProvider(kindOf(model)) ?? {};
  if (vendorUrl === null || baseUrlVariable === null) throw new Error(`no server runs ${model}`);
  const provider = await startStubProvider(options);
  return { provider, env: { [baseUrlVariable]: new URL(new URL(vendorUrl).pathname, provider.cohereBaseUrl).href } };
}

/** An entry of reembed.config.yaml for the model, under its own name. */
export function entryFor(model: string, said: Omit<Partial<ModelEntry>, 'provider'>): Record<string, ModelEntry> {
  return { [model]: { provider: kindOf(model), ...said } };
}

function kindOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}
