import { NotFound } from '@virga/kernel';

/** What its project's users are told of something that failed after their request had been accepted. */
export interface Message {
  id: string;
  projectId: string;
  requestId: string;
  /** By Cinder's name: `VOLUME`. */
  resourceType: string;
  resourceId: string | null;
  eventId: string;
  level: string;
  text: string;
  createdAt: Date;
  expiresAt: Date;
}

export class MessageUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.message.unknown', `Message ${id.slice(0, 64)} could not be found.`);
  }
}
