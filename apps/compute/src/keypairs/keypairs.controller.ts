import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { keypairs } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { KeypairsService } from './keypairs.service.js';
import { createdView, listedView, shownView } from './keypairs.views.js';

@Controller()
export class KeypairsController {
  constructor(private readonly keypairs: KeypairsService) {}

  @Endpoint(keypairs.listKeypairs)
  async list({ caller, query, version, request }: InputOf<typeof keypairs.listKeypairs>) {
    const { found, limit } = await this.keypairs.list(caller, query, version);
    return { keypairs: found.map(listedView), ...nextLinks('keypairs_links', request, { limit, found: found.length, last: found.at(-1)?.name }) };
  }

  @Endpoint(keypairs.createKeypair)
  async create({ caller, body, version }: InputOf<typeof keypairs.createKeypair>) {
    return createdView(await this.keypairs.create(caller, body.keypair, version));
  }

  @Endpoint(keypairs.showKeypair)
  async show({ caller, params, query, version }: InputOf<typeof keypairs.showKeypair>) {
    return shownView(await this.keypairs.show(caller, params['keypair_name'] as string, query.user_id, version));
  }

  @Endpoint(keypairs.deleteKeypair)
  async delete({ caller, params, query, version }: InputOf<typeof keypairs.deleteKeypair>) {
    await this.keypairs.delete(caller, params['keypair_name'] as string, query.user_id, version);
  }
}
