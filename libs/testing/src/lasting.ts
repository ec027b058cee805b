import { atTheEnd } from './endings.js';

/**
 * Something expensive, such as a running service, that is made once for a database and serves one world after the other.
 *
 * It is made with a way to the present world, through which it has to look at everything that differs between worlds.
 */
export class Lasting<World extends { readonly database: object }, Made> {
  private readonly kept = new WeakMap<object, { present: World; made: Promise<Made> }>();

  constructor(private readonly make: (present: () => World) => Promise<Made>, private readonly end: (made: Made) => Promise<unknown>) {}

  /** What was made for the world's database; from now on this world is the present one. It ends with the test file. */
  serve(world: World): Promise<Made> {
    const known = this.kept.get(world.database);
    if (known !== undefined) {
      known.present = world;
      return known.made;
    }
    const made = this.make(() => this.kept.get(world.database)?.present ?? world);
    this.kept.set(world.database, { present: world, made });
    atTheEnd(async () => this.end(await made));
    return made;
  }
}
