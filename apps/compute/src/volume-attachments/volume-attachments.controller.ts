import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { attachVolume, detachVolume, listVolumeAttachments, showVolumeAttachment, updateVolumeAttachment } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { VolumeAttachments } from './volume-attachments.service.js';
import { attachmentEdit, attachmentView, attachmentWish, newAttachmentView, pageOf } from './volume-attachments.views.js';

type Params = { params: Readonly<Record<string, string>> };
const serverOf = ({ params }: Params): string => params['server_id'] as string;
const volumeOf = ({ params }: Params): string => params['volume_id'] as string;

@Controller()
export class VolumeAttachmentsController {
  constructor(private readonly attachments: VolumeAttachments) {}

  @Endpoint(listVolumeAttachments)
  async list(input: InputOf<typeof listVolumeAttachments>): Promise<OutputOf<typeof listVolumeAttachments>> {
    return { volumeAttachments: pageOf(await this.attachments.list(input.caller, serverOf(input)), input.query).map(attachmentView) };
  }

  @Endpoint(showVolumeAttachment)
  async show(input: InputOf<typeof showVolumeAttachment>): Promise<OutputOf<typeof showVolumeAttachment>> {
    return { volumeAttachment: attachmentView(await this.attachments.get(input.caller, serverOf(input), volumeOf(input))) };
  }

  @Endpoint(attachVolume)
  async attach(input: InputOf<typeof attachVolume>): Promise<OutputOf<typeof attachVolume>> {
    const device = await this.attachments.attach(input.caller, serverOf(input), attachmentWish(input.body, input.version), input.request.signal);
    return { volumeAttachment: newAttachmentView(device) };
  }

  @Endpoint(updateVolumeAttachment)
  async update(input: InputOf<typeof updateVolumeAttachment>): Promise<OutputOf<typeof updateVolumeAttachment>> {
    await this.attachments.update(input.caller, serverOf(input), volumeOf(input), attachmentEdit(input.body, input.version), input.request.signal);
  }

  @Endpoint(detachVolume)
  async detach(input: InputOf<typeof detachVolume>): Promise<OutputOf<typeof detachVolume>> {
    await this.attachments.detach(input.caller, serverOf(input), volumeOf(input), input.request.signal);
  }
}
