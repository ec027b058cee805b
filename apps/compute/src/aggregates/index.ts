export { AggregatesModule } from './aggregates.module.js';
