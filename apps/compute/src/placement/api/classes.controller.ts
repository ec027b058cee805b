import { Controller, Inject } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { ClassesService } from './classes.service.js';
import { fresh, location } from './replies.js';

const nameOf = (params: Readonly<Record<string, string>>): string => params['name'] as string;
const pathOf = (name: string): string => `/resource_classes/${name}`;
const view = (name: string) => ({ name, links: [{ rel: 'self', href: pathOf(name) }] });

@Controller()
export class ClassesController {
  constructor(private readonly classes: ClassesService, @Inject(CLOCK) private readonly clock: Clock) {}

  @Endpoint(placement.listClasses)
  async list({ caller, version }: InputOf<typeof placement.listClasses>) {
    return fresh({ resource_classes: (await this.classes.list(caller)).map(view) }, { version, modified: new Date(this.clock.now()) });
  }

  @Endpoint(placement.createClass)
  async create({ caller, body, request }: InputOf<typeof placement.createClass>) {
    await this.classes.create(caller, body.name);
    return reply(undefined, { headers: location(request, pathOf(body.name)) });
  }

  @Endpoint(placement.showClass)
  async show({ caller, params, version }: InputOf<typeof placement.showClass>) {
    return fresh(view(await this.classes.get(caller, nameOf(params))), { version, modified: new Date(this.clock.now()) });
  }

  @Endpoint(placement.renameClass)
  async rename({ caller, params, body }: InputOf<typeof placement.renameClass>) {
    await this.classes.rename(caller, nameOf(params), body.name);
    return view(body.name);
  }

  @Endpoint(placement.ensureClass)
  async ensure({ caller, params, request }: InputOf<typeof placement.ensureClass>) {
    const isNew = await this.classes.ensure(caller, nameOf(params));
    return reply(undefined, { status: isNew ? 201 : 204, headers: location(request, pathOf(nameOf(params))) });
  }

  @Endpoint(placement.deleteClass)
  async delete({ caller, params }: InputOf<typeof placement.deleteClass>) {
    await this.classes.delete(caller, nameOf(params));
  }
}
