export { DownloadsController } from './downloads.controller.js';
export { DownloadsService } from './downloads.service.js';
export { DownloadsModule } from './downloads.module.js';
