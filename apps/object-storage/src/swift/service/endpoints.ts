import { Inject, Injectable } from '@nestjs/common';
import type { FrontReply, FrontRequest } from '../../front/index.js';
import { SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { methodNotAllowed, SwiftFault } from '../faults/index.js';
import { decodedPath, pathOf } from '../request/index.js';

/** Swift's /endpoints tells where the bytes of a thing are. Here every process serves everything: it is the public URL. */
@Injectable()
export class Endpoints {
  constructor(@Inject(SETTINGS) private readonly settings: ObjectStorageSettings) {}

  answer({ rawPath, method }: FrontRequest): FrontReply {
    if (method !== 'GET') throw methodNotAllowed(['GET']);
    const [, version, account, container, object] = /^\/endpoints\/(?:(v1(?:\.0)?|v2(?:\.0)?)\/)?([^/]+)(?:\/([^/]+))?(?:\/([^]+))?$/.exec(decodedPath(rawPath)) ?? [];
    if (account === undefined) throw new SwiftFault(400, 'No account specified');
    const url = this.settings.publicUrl + pathOf({ account, ...(container !== undefined && { container }), ...(object !== undefined && { object }) });
    const body = version?.startsWith('v2') === true ? { endpoints: [url], headers: {} } : [url];
    return { status: 200, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: JSON.stringify(body) };
  }
}
