import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';
import { VolumesRepository } from '../volumes/index.js';
import { Makers } from './makers.js';
import type { StandingProduct } from './retention.js';
import type { ScheduleRun } from './schedule-run.js';
import { productKindOf, type Product, type Schedule, type ScheduleRunId } from './schedule.js';
import { ScheduleProductsRepository } from './schedule-products.repository.js';
import { ScheduleRunsRepository } from './schedule-runs.repository.js';
import { SchedulesRepository } from './schedules.repository.js';

/** The rows that a run needs. */
@Injectable()
export class ScheduleRows {
  constructor(
    readonly schedules: SchedulesRepository, readonly runs: ScheduleRunsRepository, readonly products: ScheduleProductsRepository, readonly volumes: VolumesRepository,
  ) {}
}

export interface Standing {
  schedule: Schedule;
  run: ScheduleRun;
}

/** Where a run stands. */
@Injectable()
export class ScheduleStanding {
  constructor(readonly rows: ScheduleRows, private readonly makers: Makers) {}

  /** The schedule with the action that the run began with; undefined where it has been deleted, and with it the run. */
  async of(db: Reader, id: ScheduleRunId): Promise<Standing | undefined> {
    const run = await this.rows.runs.find(db, id);
    const schedule = run && await this.rows.schedules.find(db, run.scheduleId);
    return run === undefined || schedule === undefined ? undefined : { run, schedule: { ...schedule, action: run.action } };
  }

  /** What the schedule has made of its volumes and the project still has. */
  async products(db: Reader, schedule: Schedule): Promise<StandingProduct[]> {
    return (await this.split(db, schedule)).standing;
  }

  /** The same, and what is gone. */
  async split(db: Reader, schedule: Schedule): Promise<{ standing: StandingProduct[]; gone: Product[] }> {
    const products = await this.rows.products.of(db, schedule.id, productKindOf(schedule.action), schedule.volumeIds);
    const states = await this.makers.of(schedule.action).states(db, schedule.projectId, products.map(({ id }) => id));
    const standing = products.flatMap((product) => {
      const state = states.get(product.id);
      return state === undefined ? [] : [{ ...product, ...state }];
    });
    return { standing, gone: products.filter(({ id }) => !states.has(id)) };
  }
}
