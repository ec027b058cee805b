export {
  belongsToGuest, freeTarget, isAttached, isReachable, isRoot, isShown, isUndecided, targetNamed,
  type BlockDevice, type BlockDeviceId, type BlockDeviceState, type NewBlockDevice, type Told, type VolumeWish,
} from './block-device.js';
export { BlockDevicesRepository, BlockDeviceTaken } from './block-devices.repository.js';
export { volumesOf } from './volume-events.js';
export { BlockDevicesModule } from './block-devices.module.js';
export { BlockDeviceRow } from './block-device.row.js';
