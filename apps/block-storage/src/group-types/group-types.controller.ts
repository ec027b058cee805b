import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { groupTypes } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { GroupTypesService } from './group-types.service.js';
import { groupTypeChange, groupTypeListing, groupTypeView, groupTypeWish } from './group-types.views.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['group_type_id'] as string;
const keyOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['key'] as string;

@Controller()
export class GroupTypesController {
  constructor(private readonly types: GroupTypesService) {}

  @Endpoint(groupTypes.listGroupTypes)
  async list({ caller, query, request }: InputOf<typeof groupTypes.listGroupTypes>): Promise<OutputOf<typeof groupTypes.listGroupTypes>> {
    const { listing, isPublic } = groupTypeListing(query);
    const found = await this.types.list(caller, listing, isPublic);
    const visibility = { showsSpecs: this.types.showsSpecs(caller) };
    const page = { isFull: found.length === listing.limit, last: found.at(-1)?.id };
    return { group_types: found.map((type) => groupTypeView(type, visibility)), ...nextLinks('group_type_links', request, caller, page) };
  }

  @Endpoint(groupTypes.showGroupType)
  async show(input: InputOf<typeof groupTypes.showGroupType>): Promise<OutputOf<typeof groupTypes.showGroupType>> {
    return { group_type: groupTypeView(await this.types.get(input.caller, idOf(input)), { showsSpecs: this.types.showsSpecs(input.caller) }) };
  }

  @Endpoint(groupTypes.createGroupType)
  async create({ caller, body }: InputOf<typeof groupTypes.createGroupType>): Promise<OutputOf<typeof groupTypes.createGroupType>> {
    return { group_type: groupTypeView(await this.types.create(caller, groupTypeWish(body)), { showsSpecs: this.types.showsSpecs(caller) }) };
  }

  @Endpoint(groupTypes.updateGroupType)
  async update(input: InputOf<typeof groupTypes.updateGroupType>): Promise<OutputOf<typeof groupTypes.updateGroupType>> {
    const type = await this.types.update(input.caller, idOf(input), groupTypeChange(input.body));
    return { group_type: groupTypeView(type, { showsSpecs: this.types.showsSpecs(input.caller) }) };
  }

  @Endpoint(groupTypes.deleteGroupType)
  async delete(input: InputOf<typeof groupTypes.deleteGroupType>): Promise<OutputOf<typeof groupTypes.deleteGroupType>> {
    await this.types.delete(input.caller, idOf(input));
  }

  @Endpoint(groupTypes.listGroupSpecs)
  async listSpecs(input: InputOf<typeof groupTypes.listGroupSpecs>): Promise<OutputOf<typeof groupTypes.listGroupSpecs>> {
    return { group_specs: await this.types.specs(input.caller, idOf(input)) };
  }

  @Endpoint(groupTypes.createGroupSpecs)
  async createSpecs(input: InputOf<typeof groupTypes.createGroupSpecs>): Promise<OutputOf<typeof groupTypes.createGroupSpecs>> {
    return { group_specs: await this.types.addSpecs(input.caller, idOf(input), input.body.group_specs) };
  }

  @Endpoint(groupTypes.showGroupSpec)
  async showSpec(input: InputOf<typeof groupTypes.showGroupSpec>): Promise<OutputOf<typeof groupTypes.showGroupSpec>> {
    return this.types.spec(input.caller, idOf(input), keyOf(input));
  }

  @Endpoint(groupTypes.updateGroupSpec)
  async updateSpec(input: InputOf<typeof groupTypes.updateGroupSpec>): Promise<OutputOf<typeof groupTypes.updateGroupSpec>> {
    return this.types.setSpec(input.caller, idOf(input), keyOf(input), input.body);
  }

  @Endpoint(groupTypes.deleteGroupSpec)
  async deleteSpec(input: InputOf<typeof groupTypes.deleteGroupSpec>): Promise<OutputOf<typeof groupTypes.deleteGroupSpec>> {
    await this.types.deleteSpec(input.caller, idOf(input), keyOf(input));
  }
}
