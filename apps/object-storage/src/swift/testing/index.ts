export { demoAccount, otherAccount, swiftAuthentication, swiftCallers, type SwiftCaller } from './callers.js';
export { swiftClient, type SwiftAnswer, type SwiftCall } from './swift-client.js';
