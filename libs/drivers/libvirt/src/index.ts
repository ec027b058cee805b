export { LibvirtHypervisor, type LibvirtHypervisorOptions } from './libvirt-hypervisor.js';
export { ImageCache, type FetchImage, type ImageCacheOptions } from './image-cache.js';
export { type PlatformOptions, type Virtualization } from './platform.js';
