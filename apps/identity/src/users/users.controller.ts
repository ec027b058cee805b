import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { projectList } from '../projects/index.js';
import { UsersService } from './users.service.js';
import { userList, userView } from './users.views.js';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Endpoint(api.createUser)
  async create({ caller, body, request }: InputOf<typeof api.createUser>) {
    return { user: userView(await this.users.create(caller, body.user), request) };
  }

  @Endpoint(api.listUsers)
  async list({ caller, query, request }: InputOf<typeof api.listUsers>) {
    return userList(await this.users.list(caller, query), request);
  }

  @Endpoint(api.showUser)
  async show({ caller, params, request }: InputOf<typeof api.showUser>) {
    return { user: userView(await this.users.get(caller, params['user_id'] as string), request) };
  }

  @Endpoint(api.updateUser)
  async update({ caller, params, body, request }: InputOf<typeof api.updateUser>) {
    return { user: userView(await this.users.update(caller, params['user_id'] as string, body.user), request) };
  }

  @Endpoint(api.deleteUser)
  async delete({ caller, params }: InputOf<typeof api.deleteUser>) {
    await this.users.delete(caller, params['user_id'] as string);
  }

  @Endpoint(api.changePassword)
  async changePassword({ params, body }: InputOf<typeof api.changePassword>) {
    await this.users.changePassword(params['user_id'] as string, body.user.original_password, body.user.password);
  }

  @Endpoint(api.listUserProjects)
  async listProjects({ caller, params, query, request }: InputOf<typeof api.listUserProjects>) {
    return projectList(await this.users.projectsOf(caller, params['user_id'] as string, query), request);
  }
}
