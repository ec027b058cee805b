import { Controller } from '@nestjs/common';
import { isTrue, type BodyOf, type InputOf, type OutputOf } from '@virga/contract';
import { schedules as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { last, listingOf } from '../listings/index.js';
import { nextLinks, offsetPage } from '../wire/index.js';
import { SchedulesService, type ScheduleWish } from './schedules.service.js';
import { scheduleRunView, scheduleView } from './schedules.views.js';

const SORT_KEYS = ['id', 'name', 'action', 'created_at', 'next_run_at', 'last_run_at'];
const FILTERS = ['name', 'name~', 'action', 'is_enabled'];

type Body = BodyOf<typeof contract.updateSchedule>['schedule'];

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['schedule_id'] as string;

@Controller()
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Endpoint(contract.listSchedules)
  async list(input: InputOf<typeof contract.listSchedules>): Promise<OutputOf<typeof contract.listSchedules>> {
    const { caller, query, request } = input;
    const listing = listingOf(query, { sortKeys: SORT_KEYS, filters: FILTERS, knowsLike: true, isStrict: false, isAdmin: this.schedules.isAdmin(caller), ownParameters: ['volume_id'] });
    const { found, count } = await this.schedules.list(caller, { ...listing, volumeId: last(query.volume_id) });
    const links = nextLinks('schedules_links', request, caller, { isFull: found.length === listing.limit, last: found.at(-1)?.id });
    return { schedules: found.map((schedule) => scheduleView(schedule, input)), ...links, ...(count !== undefined && { count }) };
  }

  @Endpoint(contract.createSchedule)
  async create(input: InputOf<typeof contract.createSchedule>): Promise<OutputOf<typeof contract.createSchedule>> {
    const { schedule } = input.body;
    const wish = { ...schedule, description: schedule.description ?? null, is_enabled: schedule.is_enabled ?? true };
    return { schedule: scheduleView(await this.schedules.create(input.caller, wishOf(wish) as ScheduleWish), input) };
  }

  @Endpoint(contract.showSchedule)
  async show(input: InputOf<typeof contract.showSchedule>): Promise<OutputOf<typeof contract.showSchedule>> {
    return { schedule: scheduleView(await this.schedules.get(input.caller, idOf(input)), input) };
  }

  @Endpoint(contract.updateSchedule)
  async update(input: InputOf<typeof contract.updateSchedule>): Promise<OutputOf<typeof contract.updateSchedule>> {
    return { schedule: scheduleView(await this.schedules.update(input.caller, idOf(input), wishOf(input.body.schedule)), input) };
  }

  @Endpoint(contract.deleteSchedule)
  async delete(input: InputOf<typeof contract.deleteSchedule>): Promise<OutputOf<typeof contract.deleteSchedule>> {
    await this.schedules.delete(input.caller, idOf(input));
  }

  @Endpoint(contract.listScheduleRuns)
  async runs(input: InputOf<typeof contract.listScheduleRuns>): Promise<OutputOf<typeof contract.listScheduleRuns>> {
    const { caller, query, request } = input;
    const { limit, marker } = offsetPage(query, { sortable: [], defaultSort: [] });
    const found = await this.schedules.runs(caller, idOf(input), { limit, marker });
    const links = nextLinks('runs_links', request, caller, { isFull: found.length === limit, last: found.at(-1)?.id });
    return { runs: found.map(scheduleRunView), ...links };
  }
}

/** What was said; names and ids in one form. */
function wishOf({ name, description, volume_ids, action, rule, keep, is_enabled }: Body): Partial<ScheduleWish> {
  return {
    ...(name !== undefined && { name: name.trim() }), ...(description !== undefined && { description }), ...(action !== undefined && { action }),
    ...(volume_ids !== undefined && { volumeIds: [...new Set(volume_ids.map(canonicalUuid))] }), ...(rule !== undefined && { rule }), ...(keep !== undefined && { keep }),
    ...(is_enabled !== undefined && { isEnabled: isTrue(is_enabled) ?? true }),
  };
}

/** UUIDs may be written without dashes and in capitals. */
function canonicalUuid(id: string): string {
  return id.toLowerCase().replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
