export { demoAccount, md5, swiftAccount, type Answered, type Sent } from './swift-account.js';
