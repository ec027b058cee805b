import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { snapshotSchedules as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { bareTime, bareTimeOrNull } from '../wire/index.js';
import type { Schedule } from './schedule.js';
import { SchedulesService } from './schedules.service.js';

const volumeOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['volume_id'] as string;

@Controller()
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Endpoint(contract.listSnapshotSchedules)
  async list(input: InputOf<typeof contract.listSnapshotSchedules>): Promise<OutputOf<typeof contract.listSnapshotSchedules>> {
    return { schedules: (await this.schedules.list(input.caller, volumeOf(input))).map(scheduleView) };
  }

  @Endpoint(contract.createSnapshotSchedule)
  async create(input: InputOf<typeof contract.createSnapshotSchedule>): Promise<OutputOf<typeof contract.createSnapshotSchedule>> {
    const { name = null, every_minutes: everyMinutes, keep } = input.body.schedule;
    return { schedule: scheduleView(await this.schedules.create(input.caller, volumeOf(input), { name, everyMinutes, keep })) };
  }

  @Endpoint(contract.deleteSnapshotSchedule)
  async delete(input: InputOf<typeof contract.deleteSnapshotSchedule>): Promise<OutputOf<typeof contract.deleteSnapshotSchedule>> {
    await this.schedules.delete(input.caller, volumeOf(input), input.params['schedule_id'] as string);
  }
}

function scheduleView({ id, volumeId, name, everyMinutes, keep, createdAt, nextAt, lastAt, fault }: Schedule) {
  return {
    id, volume_id: volumeId, name, every_minutes: everyMinutes, keep, created_at: bareTime(createdAt), next_at: bareTime(nextAt), last_at: bareTimeOrNull(lastAt),
    last_fault: fault && { code: fault.code, message: fault.message },
  };
}
