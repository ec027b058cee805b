import { Loop, seconds, type Clock } from '@virga/kernel';
import type { Database } from '@virga/persistence';
import type { ImageId, ImagesRepository } from '../images/index.js';

/**
 * How long an upload may go without renewing its claim; renewed every third of it.
 *
 * Too low: a busy process loses an upload that still runs. Too high: after a crash the image stays `saving` for so long.
 */
export const UPLOAD_LEASE = seconds(30);

/** One upload's claim on its image, renewed until it is released; `lost` aborts when somebody else decided about the image. */
export class UploadLease {
  private readonly losing = new AbortController();
  private readonly renewing: Loop;

  constructor(parts: { db: Database; images: ImagesRepository; clock: Clock; imageId: ImageId; uploadId: string }) {
    const { db, images, clock, imageId, uploadId } = parts;
    this.renewing = new Loop({
      rest: seconds(UPLOAD_LEASE / 3000),
      turn: async () => {
        if (!await images.keepSaving(db, imageId, uploadId, new Date(clock.now() + UPLOAD_LEASE))) this.losing.abort();
      },
      // A database that is away for a moment: the next turn renews; if it stays away, the lease runs out by itself.
      failed: () => undefined,
    });
    this.renewing.start();
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  release(): Promise<void> {
    return this.renewing.stop();
  }
}
