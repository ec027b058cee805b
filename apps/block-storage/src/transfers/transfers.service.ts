import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { transfers as contract } from '@virga/contracts-block-storage';
import { Forbidden, isUuid, raise, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { VolumeAccess, type Volume } from '../volumes/index.js';
import { TransferredVolumes } from './transferred-volumes.js';
import { newKey, opens, TransferImpossible, TransferKeyWrong, TransferUnknown, type Transfer } from './transfer.js';
import { TransfersRepository, type TransferList } from './transfers.repository.js';

export interface TransferRequest {
  volumeId: string;
  name: string | null;
  leavesSnapshots: boolean;
  /** The client knows that encrypted volumes can be given away. */
  mayBeEncrypted: boolean;
}

/** Gives volumes from one project to another: whoever has the key takes the volume. */
@Injectable()
export class TransfersService {
  constructor(
    private readonly db: Database,
    private readonly transfers: TransfersRepository,
    private readonly access: VolumeAccess,
    private readonly volumes: TransferredVolumes,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, page: Omit<TransferList, 'projectId'> & { isOfAll: boolean }): Promise<Transfer[]> {
    this.policy.require(caller, contract.listTransfers.policy, { project_id: caller.projectId });
    const isOfAll = page.isOfAll && this.isAdmin(caller);
    return this.transfers.list(this.db, { ...page, projectId: isOfAll ? undefined : caller.projectId ?? '' });
  }

  async show(caller: Caller, id: string): Promise<Transfer> {
    return this.visible(caller, contract.showTransfer.policy, id);
  }

  /** Answers the transfer and the key, which is told this once. */
  async create(caller: Caller, request: TransferRequest): Promise<{ transfer: Transfer; key: string }> {
    const { id } = await this.access.require(caller, contract.createTransfer.policy, request.volumeId);
    const { key, kept } = newKey();
    const transfer = await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, id);
      await this.requireTransferable(tx, volume, request);
      await this.volumes.offer(tx, volume);
      return this.transfers.insert(tx, {
        volumeId: volume.id, name: request.name, leavesSnapshots: request.leavesSnapshots, sourceProjectId: volume.projectId, kept,
      });
    });
    return { transfer, key };
  }

  async accept(caller: Caller, id: string, key: string): Promise<Transfer> {
    this.policy.require(caller, contract.acceptTransfer.policy, { project_id: caller.projectId });
    const projectId = caller.projectId ?? raise(new Forbidden('block-storage.volume.no-project', 'A volume belongs to a project: use a token that is scoped to one.'));
    if (!isUuid(id)) throw new TransferUnknown(id);
    return this.db.transaction(async (tx) => {
      const { transfer, kept } = await this.transfers.lock(tx, id);
      if (!opens(key, kept)) throw new TransferKeyWrong(id);
      await this.volumes.take(tx, transfer, { projectId, userId: caller.userId });
      await this.transfers.accept(tx, id, projectId);
      return transfer;
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const { id: known } = await this.visible(caller, contract.deleteTransfer.policy, id);
    await this.db.transaction(async (tx) => {
      const { transfer } = await this.transfers.lock(tx, known);
      await this.transfers.withdraw(tx, known);
      await this.volumes.withdraw(tx, transfer);
    });
  }

  private async requireTransferable(tx: Tx, volume: Volume, { leavesSnapshots, mayBeEncrypted }: TransferRequest): Promise<void> {
    if (volume.status !== 'available') throw new TransferImpossible('status must be available');
    if (volume.groupId !== null) throw new TransferImpossible(`Volume ${volume.id} must not be part of a group.`);
    if (volume.keyId !== null && !mayBeEncrypted) throw new TransferImpossible('transferring encrypted volume is not supported');
    if (volume.keyId !== null && leavesSnapshots) throw new TransferImpossible('transferring an encrypted volume without its snapshots is not supported');
    if (!leavesSnapshots) await this.volumes.requireSnapshotsReady(tx, volume);
  }

  // The rule is asked even where there is nothing: both answers look the same, and a rule was consulted.
  private async visible(caller: Caller, rule: PolicyRule, id: string): Promise<Transfer> {
    const transfer = isUuid(id) ? await this.transfers.find(this.db, id) : undefined;
    const isSeen = transfer !== undefined && (transfer.sourceProjectId === caller.projectId || this.isAdmin(caller));
    this.policy.require(caller, rule, { project_id: transfer?.sourceProjectId }, isSeen ? undefined : () => new TransferUnknown(id));
    return isSeen ? transfer : raise(new TransferUnknown(id));
  }

  private isAdmin(caller: Caller): boolean {
    return caller.roles.has('admin');
  }
}
