export { agentOf, backendName, HOST_SILENCE, poolName, silentBefore, STORAGE_AGENT, type Backend, type BackendCapabilities } from './backend.js';
export { BackendsRepository, type ReportSource, type StorageReport } from './backends.repository.js';
export { BackendRow } from './backend.row.js';
export { StorageCommands, type CommandTo } from './storage-commands.js';
export { BackendsModule } from './backends.module.js';
