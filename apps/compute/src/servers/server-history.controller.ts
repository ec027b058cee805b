import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { listServerActions, showServerAction } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ServerHistory } from './server-history.service.js';
import { actionDetailsView, actionView, historyLinks, historyQuery } from './server-history.views.js';

@Controller()
export class ServerHistoryController {
  constructor(private readonly history: ServerHistory) {}

  @Endpoint(listServerActions)
  async list({ caller, params, query, version, request }: InputOf<typeof listServerActions>): Promise<OutputOf<typeof listServerActions>> {
    const found = await this.history.list(caller, params['server_id'] as string, historyQuery(query), version);
    return { instanceActions: found.operations.map((operation) => actionView(found.server, operation)), ...historyLinks(found, query, request) };
  }

  @Endpoint(showServerAction)
  async show({ caller, params, version }: InputOf<typeof showServerAction>): Promise<OutputOf<typeof showServerAction>> {
    return { instanceAction: actionDetailsView(await this.history.get(caller, params['server_id'] as string, params['request_id'] as string, version)) };
  }
}
