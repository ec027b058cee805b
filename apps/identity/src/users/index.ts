export { UsersModule } from './users.module.js';
export { membersOf, UsersRepository } from './users.repository.js';
export { userFilters, userTarget } from './users.service.js';
export { userList } from './users.views.js';
export { Refused, type User } from './user.js';
