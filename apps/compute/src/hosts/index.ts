export { COMPUTE_AGENT, HOST_SILENCE, silentBefore, type Host } from './host.js';
export { HostsRepository, zoneOf } from './hosts.repository.js';
export { HostsModule } from './hosts.module.js';
export { AggregateHostRow, AggregateRow, HostRow, HostSettingRow } from './host.row.js';
