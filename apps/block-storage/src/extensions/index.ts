export { ExtensionsController } from './extensions.controller.js';
