import { Injectable } from '@nestjs/common';
import { serverPassword } from '@virga/contracts-compute';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { ServerAccess } from '../servers/index.js';
import { ServerPasswordsRepository } from './server-passwords.repository.js';

/** The password that a guest has told the metadata service, encrypted with its server's public key. */
@Injectable()
export class ServerPasswordsService {
  constructor(private readonly db: Database, private readonly passwords: ServerPasswordsRepository, private readonly access: ServerAccess) {}

  /** Empty where none was told. */
  async show(caller: Caller, id: string): Promise<string> {
    const server = await this.access.require(caller, serverPassword.showServerPassword.policy, id);
    return await this.passwords.find(this.db, server.id) ?? '';
  }

  async clear(caller: Caller, id: string): Promise<void> {
    const server = await this.access.require(caller, serverPassword.clearServerPassword.policy, id);
    await this.db.transaction((tx) => this.passwords.clear(tx, server.id));
  }
}
