import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { contextIsAdmin } from '@virga/contracts-block-storage';
import { isUuid, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { Attachment } from './attachment.js';
import { AttachmentGone, AttachmentOfServer } from './attachment-faults.js';
import { AttachmentsRepository } from './attachments.repository.js';

/** Finds attachments for those who may know of them: one of another project does not exist for anyone but administrators. */
@Injectable()
export class AttachmentAccess {
  constructor(private readonly db: Database, private readonly attachments: AttachmentsRepository, private readonly policy: Policy) {}

  /** The attachment, if the caller may do this to it; throws `AttachmentGone` and `Forbidden`. */
  async require(caller: Caller, policyRule: PolicyRule, id: string): Promise<Attachment> {
    const found = isUuid(id) ? await this.attachments.find(this.db, id) : undefined;
    const isSeen = found !== undefined && found.state !== 'deleted' && (found.projectId === caller.projectId || this.isAdmin(caller));
    // The rule is asked even where there is nothing: both answers look the same, and a rule was consulted.
    this.policy.require(caller, policyRule, found === undefined ? {} : { project_id: found.projectId }, isSeen ? undefined : () => new AttachmentGone(id));
    return isSeen ? found : raise(new AttachmentGone(id));
  }

  isAdmin(caller: Caller): boolean {
    return this.policy.allows(caller, contextIsAdmin);
  }
}

/** Throws where a server has it: then only compute may change it, whoever asks here. */
export function requireUsersOwn(attachment: Pick<Attachment, 'owner' | 'serverId'>, deed: 'detach' | 'change' = 'change'): void {
  if (attachment.owner === 'compute') throw new AttachmentOfServer(attachment.serverId, deed);
}
