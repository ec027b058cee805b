export { HypervisorsModule } from './hypervisors.module.js';
export { HostRecordsRepository } from './host-records.repository.js';
export { HOST_BINARY, HostUnknown, type HostRecord } from './host-record.js';
