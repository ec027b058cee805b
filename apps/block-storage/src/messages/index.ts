export type { MessageAction, MessageDetail, MessageResource } from './message-codes.js';
export { MessageRow } from './message.row.js';
export { Messages, type Failure } from './messages.js';
export { MessagesModule } from './messages.module.js';
