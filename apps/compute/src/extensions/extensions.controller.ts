import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { extensions } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { NotFound, raise } from '@virga/kernel';
import { Policy } from '@virga/policy';
import { EXTENSIONS } from './extensions.js';

@Controller()
export class ExtensionsController {
  constructor(private readonly policy: Policy) {}

  @Endpoint(extensions.listExtensions)
  list({ caller }: InputOf<typeof extensions.listExtensions>) {
    this.policy.require(caller, extensions.listExtensions.policy);
    return { extensions: [...EXTENSIONS] };
  }

  @Endpoint(extensions.showExtension)
  show({ caller, params }: InputOf<typeof extensions.showExtension>) {
    this.policy.require(caller, extensions.showExtension.policy);
    const extension = EXTENSIONS.find(({ alias }) => alias === params['alias']);
    return { extension: extension ?? raise(new NotFound('compute.extension.unknown', 'The resource could not be found.')) };
  }
}
