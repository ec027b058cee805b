export { SimHypervisor, type SimHypervisorOptions } from './sim-hypervisor.js';
