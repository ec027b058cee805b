export { KeypairsRepository } from './keypairs.repository.js';
export { KeypairsModule } from './keypairs.module.js';
export { KeypairRow } from './keypair.row.js';
