import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { attachments } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { AttachmentsService } from './attachments.service.js';
import { attachmentDetails, attachmentSummary, attachmentView } from './attachments.views.js';

@Controller()
export class AttachmentsController {
  constructor(private readonly service: AttachmentsService) {}

  @Endpoint(attachments.createAttachment)
  async create({ caller, body, request }: InputOf<typeof attachments.createAttachment>) {
    return attachmentView(await this.service.create(caller, body, request));
  }

  @Endpoint(attachments.listAttachments)
  async list({ caller, query }: InputOf<typeof attachments.listAttachments>) {
    return { attachments: (await this.service.list(caller, query)).map(({ attachment }) => attachmentSummary(attachment)) };
  }

  @Endpoint(attachments.listAttachmentDetails)
  async listDetails({ caller, query }: InputOf<typeof attachments.listAttachmentDetails>) {
    return { attachments: (await this.service.list(caller, query)).map(attachmentDetails) };
  }

  @Endpoint(attachments.showAttachment)
  async show({ caller, params }: InputOf<typeof attachments.showAttachment>) {
    return attachmentView(await this.service.get(caller, params['attachment_id'] as string));
  }

  @Endpoint(attachments.updateAttachment)
  async update({ caller, params, body, request }: InputOf<typeof attachments.updateAttachment>) {
    return attachmentView(await this.service.update(caller, params['attachment_id'] as string, body, request));
  }

  @Endpoint(attachments.deleteAttachment)
  async delete({ caller, params, request }: InputOf<typeof attachments.deleteAttachment>) {
    return { attachments: (await this.service.delete(caller, params['attachment_id'] as string, request)).map(attachmentSummary) };
  }

  @Endpoint(attachments.completeAttachment)
  async complete({ caller, params }: InputOf<typeof attachments.completeAttachment>) {
    await this.service.complete(caller, params['attachment_id'] as string);
  }
}
