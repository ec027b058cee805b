import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { migrations } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { Policy } from '@virga/policy';

/** Servers do not move between hosts yet, so that there never is a move to list. */
@Controller()
export class ServerMigrationsController {
  constructor(private readonly policy: Policy) {}

  @Endpoint(migrations.listMigrations)
  list({ caller }: InputOf<typeof migrations.listMigrations>) {
    this.policy.require(caller, migrations.listMigrations.policy);
    return { migrations: [] };
  }
}
