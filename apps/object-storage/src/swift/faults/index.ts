export { reasonPage, reasons } from './reasons.js';
export { badRequest, methodNotAllowed, notFound, preconditionFailed, SwiftFault } from './swift-fault.js';
export { asSwiftFault, faultReply } from './fault-reply.js';
