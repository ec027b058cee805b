export { MetadataNetworks } from './metadata-networks.js';
export { MetadataForwarder } from './metadata-forwarder.js';
export { MetadataRecords } from './metadata-records.js';
