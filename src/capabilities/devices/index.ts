export {
  addAddress,
  type ProfileSource,
  type RegisteredAddress,
  registeredAddresses,
  removeAddress,
} from './addresses.service.ts';
export { devicesRoom } from './devices.routes.ts';
export { isSingle } from './network.rules.ts';
export { type Pointing, pointing } from './pointing.rules.ts';
