export { TokensModule } from './tokens.module.js';
export { AuthenticationService, type IssuedToken } from './authentication.service.js';
export { CatalogReader } from './catalog-reader.js';
export { tokenView } from './tokens.views.js';
