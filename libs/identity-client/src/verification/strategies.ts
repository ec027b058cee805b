import { Bug, Unauthenticated } from '@virga/kernel';
import passport, { type AuthenticateCallback, type Strategy } from 'passport';

/** passport's strategies, run on any request object and answered as a promise: nothing of Connect or Express is needed. */
export class Strategies<Request extends object> {
  private readonly passport = new passport.Passport();

  constructor(strategies: Readonly<Record<string, Strategy>>) {
    for (const [name, strategy] of Object.entries(strategies)) this.passport.use(name, strategy);
  }

  /**
   * What the strategy makes of the request. Throws the strategy's own error, or `Unauthenticated` where it fails without one.
   */
  authenticate<Principal>(name: string, request: Request): Promise<Principal> {
    return new Promise((resolve, reject) => {
      const done: AuthenticateCallback = (error, principal) => {
        if (error !== null && error !== undefined) reject(error);
        else if (principal === false || principal === undefined || principal === null) reject(new Unauthenticated('token.invalid', 'The request you have made requires authentication.'));
        else resolve(principal as Principal);
      };
      const middleware = this.passport.authenticate(name, { session: false }, done) as (request: Request, reply: object, next: (error: unknown) => void) => void;
      middleware(request, {}, (error) => reject(error ?? new Bug('authentication.strategy', `The strategy '${name}' passed the request on.`)));
    });
  }
}
