import { BlockList, isIPv6 } from 'node:net';
import type { AccessSource } from './access-source.ts';

/** Whose word it is taken for, whose address a request has: that of the proxy that REEMBED_ACCESS names now. */
export function trustedProxy(access: AccessSource): (address: string) => boolean {
  const find = () => addressesOf(access.current()?.proxy?.addresses ?? []);
  let isTrusted = find();
  access.onChange(() => {
    isTrusted = find();
  });
  return (address) => isTrusted(address);
}

/** Whether an address is one of those, or in one of those ranges. */
export function addressesOf(addresses: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => address !== undefined && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
