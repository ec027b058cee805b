import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { images } from '@virga/contracts-image';
import { Endpoint } from '@virga/http';
import { DownloadsService, type Download } from './downloads.service.js';

@Controller()
export class DownloadsController {
  constructor(private readonly downloads: DownloadsService) {}

  @Endpoint(images.downloadImage)
  async download({ caller, params, request }: InputOf<typeof images.downloadImage>) {
    const range = request.headers['range'];
    const found = await this.downloads.open(caller, params['image_id'] as string, typeof range === 'string' ? range : undefined, request.signal);
    return found === undefined ? reply(undefined, { status: 204 }) : reply(found.bytes, { status: found.range === undefined ? 200 : 206, headers: headersOf(found) });
  }
}

function headersOf({ sizeBytes, md5, range }: Download): Record<string, string> {
  const length = range === undefined ? sizeBytes : range.last - range.first + 1;
  return {
    'content-type': 'application/octet-stream', 'content-length': String(length), 'accept-ranges': 'bytes',
    ...(range === undefined ? { 'content-md5': md5 } : { 'content-range': `bytes ${range.first}-${range.last}/${sizeBytes}` }),
  };
}
