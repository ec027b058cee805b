import { Bug, Unauthenticated } from '@virga/kernel';
import passport, { type AuthenticateCallback } from 'passport';

/** Who a request comes from, as far as one way of authentication can tell; throws where it cannot. */
export type Prove<Request, Principal = unknown> = (request: Request) => Promise<Principal>;

/** passport's form of a function that proves who somebody is. */
class ProvingStrategy extends passport.Strategy {
  constructor(private readonly prove: Prove<unknown>) {
    super();
  }

  override authenticate(request: unknown): void {
    this.prove(request).then((principal) => this.success(principal as object), (error: unknown) => this.error(error));
  }
}

/** Ways of authentication as passport strategies, run on any request object: nothing of Connect or Express is needed. */
export class Strategies<Request extends object> {
  private readonly passport = new passport.Passport();

  constructor(ways: Readonly<Record<string, Prove<Request>>>) {
    for (const [name, prove] of Object.entries(ways)) this.passport.use(name, new ProvingStrategy(prove as Prove<unknown>));
  }

  /** What the named way makes of the request. Throws its error, or `Unauthenticated` where it proves nothing. */
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
