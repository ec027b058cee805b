export { VolumeProxiesModule } from './volume-proxies.module.js';
