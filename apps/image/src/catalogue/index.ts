export { CatalogueController } from './catalogue.controller.js';
