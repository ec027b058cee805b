export { demoAccount, otherAccount, swiftAuthentication, swiftCallers, type SwiftCaller } from './callers.js';
export { md5, swiftAccount, type Answered, type Sent } from './swift-account.js';
export { swiftClient, type SwiftAnswer, type SwiftCall } from './swift-client.js';
