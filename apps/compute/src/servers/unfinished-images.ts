import { Injectable } from '@nestjs/common';
import type { ServerId } from '@virga/kernel';
import { DebtPayer, Debts, paid, type Debt, type Payment } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { ImageCalls } from '../images/index.js';

/** Images that are being made of a server when its deletion ends their making. */
@Injectable()
export class UnfinishedImages {
  constructor(private readonly debts: Debts) {}

  /** What was prepared at the image service is owed to it; paid at once where it answers. Before the deletion begins. */
  async giveUp(tx: Tx, id: ServerId): Promise<void> {
    const rows = await tx.sql<{ image: string; project: string }>`
      SELECT params ->> 'imageId' AS image, params ->> 'imageProjectId' AS project FROM operation
      WHERE resource_type = 'server' AND resource_id = ${id} AND due_at IS NOT NULL AND params ? 'imageProjectId'`;
    for (const { image, project } of rows) {
      await this.debts.record(tx, image, [{ backend: 'image', resourceType: 'image', generation: 0, detail: { projectId: project } }]);
    }
  }
}

/** Lets images go that nobody makes any more; one that has got its bytes stays. */
@Injectable()
export class ImageDebtPayer extends DebtPayer {
  readonly backend = 'image';

  constructor(private readonly images: ImageCalls) {
    super();
  }

  async pay({ resourceId: imageId, detail }: Debt, signal: AbortSignal): Promise<Payment> {
    await this.images.abandon({ imageId, projectId: String(detail['projectId']) }, signal);
    return paid();
  }
}
