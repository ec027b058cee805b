export { headerMap, saysYes, shownName, wireValue, type HeaderMap } from './header-map.js';
export { namesContainer, namesObject, type ContainerRequest, type ObjectRequest, type SwiftRequest } from './swift-request.js';
export { decodedPath, pathOf, quoted, targetOf, type ContainerTarget, type ObjectTarget, type Target } from './target.js';
export { transactionId } from './transaction-id.js';
