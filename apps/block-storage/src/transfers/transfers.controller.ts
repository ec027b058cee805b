import { Controller } from '@nestjs/common';
import { isTrue, isWithin, type InputOf, type OutputOf } from '@virga/contract';
import { transfers as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import type { Transfer } from './transfer.js';
import { transferListOf } from './transfer-list.js';
import { TransfersService, type TransferRequest } from './transfers.service.js';
import { referenceView, transferView } from './transfers.views.js';

type Listing = InputOf<typeof contract.listTransfers>;
type Creation = InputOf<typeof contract.createTransfer>;

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['transfer_id'] as string;

@Controller()
export class TransfersController {
  constructor(private readonly transfers: TransfersService) {}

  @Endpoint(contract.listTransfers)
  async list(input: Listing): Promise<OutputOf<typeof contract.listTransfers>> {
    const { found, links } = await this.page(input);
    return { transfers: found.map((transfer) => referenceView(transfer, input)), ...links };
  }

  @Endpoint(contract.listOldTransfers)
  async listOld(input: Listing): Promise<OutputOf<typeof contract.listTransfers>> {
    return this.list(input);
  }

  @Endpoint(contract.listTransferDetails)
  async detail(input: Listing): Promise<OutputOf<typeof contract.listTransferDetails>> {
    const { found, links } = await this.page(input);
    return { transfers: found.map((transfer) => transferView(transfer, input)), ...links };
  }

  @Endpoint(contract.listOldTransferDetails)
  async detailOld(input: Listing): Promise<OutputOf<typeof contract.listTransferDetails>> {
    return this.detail(input);
  }

  @Endpoint(contract.createTransfer)
  async create(input: Creation): Promise<OutputOf<typeof contract.createTransfer>> {
    const { transfer, key } = await this.transfers.create(input.caller, requestOf(input));
    return { transfer: { ...transferView(transfer, input), auth_key: key } };
  }

  @Endpoint(contract.createOldTransfer)
  async createOld(input: Creation): Promise<OutputOf<typeof contract.createTransfer>> {
    return this.create(input);
  }

  @Endpoint(contract.showTransfer)
  async show(input: InputOf<typeof contract.showTransfer>): Promise<OutputOf<typeof contract.showTransfer>> {
    return { transfer: transferView(await this.transfers.show(input.caller, idOf(input)), input) };
  }

  @Endpoint(contract.showOldTransfer)
  async showOld(input: InputOf<typeof contract.showTransfer>): Promise<OutputOf<typeof contract.showTransfer>> {
    return this.show(input);
  }

  @Endpoint(contract.acceptTransfer)
  async accept(input: InputOf<typeof contract.acceptTransfer>): Promise<OutputOf<typeof contract.acceptTransfer>> {
    const transfer = await this.transfers.accept(input.caller, idOf(input), String(input.body.accept.auth_key));
    return { transfer: referenceView(transfer, input) };
  }

  @Endpoint(contract.acceptOldTransfer)
  async acceptOld(input: InputOf<typeof contract.acceptTransfer>): Promise<OutputOf<typeof contract.acceptTransfer>> {
    return this.accept(input);
  }

  @Endpoint(contract.deleteTransfer)
  async delete(input: InputOf<typeof contract.deleteTransfer>): Promise<OutputOf<typeof contract.deleteTransfer>> {
    await this.transfers.delete(input.caller, idOf(input));
  }

  @Endpoint(contract.deleteOldTransfer)
  async deleteOld(input: InputOf<typeof contract.deleteTransfer>): Promise<OutputOf<typeof contract.deleteTransfer>> {
    await this.delete(input);
  }

  private async page({ caller, query, version, request }: Listing): Promise<{ found: Transfer[]; links: ReturnType<typeof nextLinks<'transfers_links'>> }> {
    const list = transferListOf(query, version);
    const found = await this.transfers.list(caller, list);
    return { found, links: nextLinks('transfers_links', request, caller, { isFull: found.length === list.limit, last: found.at(-1)?.id }) };
  }
}

function requestOf({ body: { transfer }, version }: Creation): TransferRequest {
  return {
    volumeId: transfer.volume_id, name: transfer.name?.trim() ?? null, leavesSnapshots: isTrue(transfer.no_snapshots) ?? false,
    mayBeEncrypted: isWithin(version, { since: contract.TRANSFER_ENCRYPTED_SINCE }),
  };
}
