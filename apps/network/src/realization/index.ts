export { RealizationRepository, units } from './realization.repository.js';
export { ModelRepository, MODEL_DEFAULTS, type ModelDefaults } from './model.repository.js';
export { NETWORK_BACKEND, Realizer } from './realizer.js';
export { RealizationWorker } from './realization-worker.js';
export { BackendRepair, REPAIR_INTERVAL, type RepairInterval } from './backend-repair.js';
