import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { versions } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { versionsView } from './versions.views.js';

@Controller()
export class VersionsController {
  @Endpoint(versions.listVersions)
  list({ request }: InputOf<typeof versions.listVersions>): OutputOf<typeof versions.listVersions> {
    return versionsView(request);
  }

  @Endpoint(versions.showVersion)
  show({ request }: InputOf<typeof versions.showVersion>): OutputOf<typeof versions.showVersion> {
    return versionsView(request);
  }
}
