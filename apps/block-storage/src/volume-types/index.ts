export { isMultiattachType, unmetExtraSpec, zonesOf, type Capabilities, type ExtraSpecs } from './extra-specs.js';
