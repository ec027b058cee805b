export { ImageProxiesModule } from './image-proxies.module.js';
