import type { Clock } from '#core/clock.ts';
import type { CategoryIndex } from '#filter/index.ts';
import type { Judge } from '#gateway/judge.ts';
import { GatewayState } from '#gateway/state.ts';
import type { Snapshot } from '#policy/index.ts';

/** The judge of a gateway that holds this snapshot, as it arrives there: written down and read again. */
export function gatewayWith(snapshot: Snapshot, index: CategoryIndex, clock: Clock): Judge {
  const state = new GatewayState(clock);
  state.use(JSON.parse(JSON.stringify(snapshot)) as Snapshot, index);
  return state;
}
