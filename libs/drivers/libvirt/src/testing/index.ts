export { startPrivateLibvirt, type PrivateLibvirt } from './private-libvirt.js';
export { tinyGuestImage } from './tiny-guest.js';
export { BareTaps } from './bare-taps.js';
