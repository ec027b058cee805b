import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, mapLimit, milliseconds, type Clock } from '@virga/kernel';
import { Containers, type Container } from '../../containers/index.js';
import { isSubdir } from '../../listing/index.js';
import { Objects, isHeld, type StoredObject } from '../../objects/index.js';
import { Passes, type Pass } from '../../passes/index.js';
import { SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { UploadNotFound, Uploads, type Upload } from '../../uploads/index.js';
import { dayMs } from './day.js';
import { LifecyclePlan, staleUploads, type LifecycleAction, type LifecycleTerms } from './lifecycle-plan.js';

/** Versions looked at between two reports. Too low: more statements. Too high: more to repeat after a crash, more memory. */
const PAGE = 500;
const AT_ONCE = 16;
/** How many times a day each bucket is gone through; S3 promises once. */
const PASSES_A_DAY = 8;

/** What a turn did. */
export interface LifecycleCounts {
  expired: number;
  versions: number;
  uploads: number;
  [what: string]: number;
}

/** What was planned is not there any more as it was: somebody was faster, and the next pass looks again. */
class Overtaken extends Error {}

/**
 * Applies the lifecycle rules of buckets.
 *
 * Theory of operation. Each bucket with rules has a pass (`Passes`): one process at a time goes through all its versions, page by page
 * in constant memory, while a pure plan says what is due. Everything planned is looked at again under the container's lock when it is done
 * (still that version, still not current, not locked), so that a repetition, a second process or a user who acts at the same moment
 * changes nothing that should stay. If the process dies, another goes on after the last name that was done completely.
 */
@Injectable()
export class LifecycleWorker {
  private readonly dayMs: number;

  constructor(
    private readonly passes: Passes,
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly uploads: Uploads,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) settings: ObjectStorageSettings,
  ) {
    this.dayMs = dayMs(settings);
  }

  /** Goes through every bucket that is due. */
  async run(signal: AbortSignal): Promise<LifecycleCounts> {
    const counts: LifecycleCounts = { expired: 0, versions: 0, uploads: 0 };
    for (let pass = await this.passes.claim(); pass !== undefined && !signal.aborted; pass = await this.passes.claim()) {
      if (!await this.go(pass, counts, signal)) continue;
      await this.passes.finish(pass, milliseconds(Math.ceil(this.dayMs / PASSES_A_DAY)));
    }
    return counts;
  }

  /** Whether it came to the end, and the pass is still its own. */
  private async go(pass: Pass, counts: LifecycleCounts, signal: AbortSignal): Promise<boolean> {
    const terms = await this.termsOf(pass);
    // The rules may be about to come: whoever puts them starts the pass first, so that none are ever without one.
    if (terms === undefined) return true;
    const plan = new LifecyclePlan(terms);
    let last: StoredObject | undefined;
    let finishedName = pass.finishedName;
    for (let isMore = true; isMore;) {
      const container = await this.ruled(pass);
      if (container === undefined || signal.aborted) return false;
      const page = await this.page(container, last, finishedName);
      await this.perform(container, page.flatMap((object) => plan.see(object)), counts);
      finishedName = page.findLast((object) => object.name !== page.at(-1)?.name)?.name ?? finishedName;
      last = page.at(-1);
      isMore = page.length === PAGE;
      if (!isMore) await this.perform(container, plan.end(), counts);
      if (!await this.passes.report(pass, finishedName)) return false;
    }
    return this.abortUploads(pass, terms, counts, signal);
  }

  private async termsOf(pass: Pass): Promise<LifecycleTerms | undefined> {
    const rules = (await this.ruled(pass))?.settings.lifecycle;
    return rules && { rules, now: this.clock.now(), dayMs: this.dayMs };
  }

  /** The container, as long as it is there and has rules. */
  private async ruled({ containerId }: Pass): Promise<Container | undefined> {
    const container = await this.containers.findById(containerId);
    return container?.settings.lifecycle === undefined ? undefined : container;
  }

  private async page(container: Container, last: StoredObject | undefined, finishedName: string | undefined): Promise<StoredObject[]> {
    const marker = last !== undefined ? { keyMarker: last.name, versionMarker: last.version } : finishedName !== undefined ? { keyMarker: finishedName } : {};
    const entries = await this.objects.versions(container, { limit: PAGE, ...marker });
    return entries.filter((entry): entry is StoredObject => !isSubdir(entry));
  }

  private async perform(container: Container, actions: readonly LifecycleAction[], counts: LifecycleCounts): Promise<void> {
    await mapLimit(actions, AT_ONCE, async (action) => {
      try {
        if (action.kind === 'expire') counts.expired += await this.expire(container, action.object);
        else counts.versions += await this.removeVersion(container, action.object);
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
    });
  }

  private async expire(container: Container, { id, name }: StoredObject): Promise<number> {
    const check = (current: StoredObject | undefined): void => { if (current?.id !== id) throw new Overtaken(); };
    const { removed, deleteMarker } = await this.objects.remove(container, name, { require: { check } });
    return removed === undefined && deleteMarker === undefined ? 0 : 1;
  }

  private async removeVersion(container: Container, { id, name, version, isCurrent }: StoredObject): Promise<number> {
    const check = (there: StoredObject | undefined): void => {
      if (there?.id !== id || there.isCurrent !== isCurrent || isHeld(there.settings, this.clock.now())) throw new Overtaken();
    };
    const { removed } = await this.objects.remove(container, name, { version, require: { check } });
    return removed === undefined ? 0 : 1;
  }

  private async abortUploads(pass: Pass, terms: LifecycleTerms, counts: LifecycleCounts, signal: AbortSignal): Promise<boolean> {
    for (const { prefix, before } of staleUploads(terms.rules, terms.now, terms.dayMs)) {
      let last: Upload | undefined;
      for (let isMore = true; isMore;) {
        const container = await this.ruled(pass);
        if (container === undefined || signal.aborted) return false;
        const marker = last && { keyMarker: last.name, idMarker: last.id };
        const page = (await this.uploads.page(container, { prefix, limit: PAGE, ...marker })).filter((entry): entry is Upload => !isSubdir(entry));
        const stale = page.filter(({ initiatedAt }) => initiatedAt < before * 1000);
        counts.uploads += (await mapLimit(stale, AT_ONCE, (upload) => this.abort(upload))).filter(Boolean).length;
        last = page.at(-1);
        isMore = page.length === PAGE;
      }
    }
    return true;
  }

  private async abort(upload: Upload): Promise<boolean> {
    try {
      await this.uploads.abort(upload);
      return true;
    } catch (error) {
      // It was completed or given up meanwhile.
      if (error instanceof UploadNotFound) return false;
      throw error;
    }
  }
}
