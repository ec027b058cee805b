export { tagsController } from './tags.controllers.js';
export { TagsService, type Tagged } from './tags.service.js';
