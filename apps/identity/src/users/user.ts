import { Conflict, Unauthenticated } from '@virga/kernel';

export interface User {
  id: string;
  domainId: string;
  name: string;
  isEnabled: boolean;
  description: string | null;
  email: string | null;
  /** A wish: the project may be gone, or the user may have no role on it. */
  defaultProjectId: string | null;
  options: Readonly<Record<string, unknown>>;
  extra: Readonly<Record<string, unknown>>;
  passwordExpiresAt: number | undefined;
}

/** What a user may become; what is left out stays. */
export type UserChange = Partial<Omit<User, 'id' | 'domainId' | 'passwordExpiresAt'>>;

export class UserExists extends Conflict {
  constructor(name: string) {
    super('identity.user.exists', `There is already a user named '${name}' in this domain.`);
  }
}

/** Whoever asks is told nothing about why: unknown, disabled, wrong password and missing roles all look like this. */
export class Refused extends Unauthenticated {
  constructor() {
    super('token.refused', 'The request you have made requires authentication.');
  }
}
