import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';

/** Whether gateways share this Redis, and with it the budgets of providers. */
export type GatewayRegister = {
  /** One is there, for half a minute from now. Throws `redis-unreachable`. */
  announce(): Promise<void>;
};

/** How long a gateway counts as there that says nothing more, in ms. */
const lastsMs = 30_000;

export function createGatewayRegister({ requests }: Pick<RedisConnections, 'requests'>, keys: Keys): GatewayRegister {
  return { announce: async () => void (await answered(requests.set(keys.gateways, '1', 'PX', lastsMs))) };
}
