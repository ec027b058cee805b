import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { extensions as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { NotFound, raise } from '@virga/kernel';
import { Policy } from '@virga/policy';
import { EXTENSIONS } from './extensions.js';

class ExtensionUnknown extends NotFound {
  constructor(alias: string) {
    super('block-storage.extension.unknown', `Extension ${alias.slice(0, 64)} could not be found.`);
  }
}

@Controller()
export class ExtensionsController {
  constructor(private readonly policy: Policy) {}

  @Endpoint(contract.listExtensions)
  list({ caller }: InputOf<typeof contract.listExtensions>) {
    this.policy.require(caller, contract.listExtensions.policy);
    return { extensions: [...EXTENSIONS] };
  }

  @Endpoint(contract.showExtension)
  show({ caller, params }: InputOf<typeof contract.showExtension>) {
    this.policy.require(caller, contract.showExtension.policy);
    const alias = params['alias'] as string;
    return { extension: EXTENSIONS.find((extension) => extension.alias === alias) ?? raise(new ExtensionUnknown(alias)) };
  }
}
