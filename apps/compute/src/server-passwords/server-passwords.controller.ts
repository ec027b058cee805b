import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { serverPassword } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ServerPasswordsService } from './server-passwords.service.js';

@Controller()
export class ServerPasswordsController {
  constructor(private readonly passwords: ServerPasswordsService) {}

  @Endpoint(serverPassword.showServerPassword)
  async show({ caller, params }: InputOf<typeof serverPassword.showServerPassword>) {
    return { password: await this.passwords.show(caller, params['server_id'] as string) };
  }

  @Endpoint(serverPassword.clearServerPassword)
  async clear({ caller, params }: InputOf<typeof serverPassword.clearServerPassword>) {
    await this.passwords.clear(caller, params['server_id'] as string);
  }
}
