import { minutes, type Duration, type Fault } from '@virga/kernel';
import type { Leftover } from '../debts.js';
import { Operation, done, finish, park, step, type Outcome, type Run } from '../operation.js';
import { EnsureGuest, EnsureNoGuest, findGuest, findToy, guestReport, patience, type Toy, type ToyProcess } from './toy-world.fixture.js';

/** Turns a request for a toy into a port and a running guest; written as an operation should be. */
export class MakeToy extends Operation<{ toyId: string }, { portId: string }> {
  readonly kind = 'toy.make';
  readonly version = 1;
  readonly deadline: Duration = minutes(10);
  override readonly grace: Duration = minutes(1);
  readonly steps = [
    step('create-port', (run) => this.createPort(run)),
    step('ensure-guest', (run) => this.ensureGuest(run)),
  ];

  constructor(protected readonly process: ToyProcess) {
    super();
  }

  protected async createPort(run: Run<this>): Promise<Outcome> {
    return done({ portId: await this.process.backends.ensurePort(run.params.toyId, run.idempotencyKey()) });
  }

  /** Asks again with every look: a command or its report may have been lost. */
  protected async ensureGuest(run: Run<this>): Promise<Outcome> {
    const toy = await findToy(run.db, run.params.toyId);
    const guest = await findGuest(run.db, toy.id);
    if (guest?.generation === toy.generation && guest.power === 'running') {
      return finish((tx) => tx.sql`UPDATE toy SET state = 'active' WHERE id = ${toy.id}`);
    }
    this.process.send(EnsureGuest, { id: toy.id, generation: toy.generation });
    return park({ until: guestReport(toy.id), atMost: patience });
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const toy = await findToy(run.db, run.params.toyId);
    const leftovers = await this.tearDown(run, toy);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: guestReport(toy.id), atMost: patience });
    return finish(async (tx) => {
      await this.process.debts.record(tx, toy.id, leftovers);
      await tx.sql`UPDATE toy SET state = 'error' WHERE id = ${toy.id}`;
    });
  }

  protected async tearDown(run: Run<this>, toy: Toy): Promise<Leftover[]> {
    const generation = toy.generation;
    const guest = await findGuest(run.db, toy.id);
    const isGuestGone = guest?.generation === generation && guest.power === null;
    if (!isGuestGone) this.process.send(EnsureNoGuest, { id: toy.id, generation });
    const arePortsGone = await this.process.backends.ensureNoPorts(toy.id).then(() => true, () => false);
    return [
      ...(isGuestGone ? [] : [{ backend: 'host', resourceType: 'guest', generation }]),
      ...(arePortsGone ? [] : [{ backend: 'network', resourceType: 'port', generation }]),
    ];
  }
}

/** Takes a toy away; what cannot be reached becomes a debt, and the toy is gone for its owner all the same. */
export class RemoveToy extends MakeToy {
  override readonly kind = 'toy.remove' as never;
  override readonly deadline: Duration = minutes(1);
  override readonly steps = [step('tear-down', (run) => this.remove(run))] as never;

  private async remove(run: Run<this>): Promise<Outcome> {
    const toy = await findToy(run.db, run.params.toyId);
    const leftovers = await this.tearDown(run, toy);
    if (leftovers.length > 0) return park({ until: guestReport(toy.id), atMost: patience });
    return finish((tx) => tx.sql`DELETE FROM toy WHERE id = ${toy.id}`);
  }

  override async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const toy = await findToy(run.db, run.params.toyId);
    const leftovers = await this.tearDown(run, toy);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: guestReport(toy.id), atMost: patience });
    return finish(async (tx) => {
      await this.process.debts.record(tx, toy.id, leftovers);
      await tx.sql`DELETE FROM toy WHERE id = ${toy.id}`;
    }, 'succeeded');
  }
}

/** Makes a new port with every repetition. */
export class ForgetsKeys extends MakeToy {
  private made = 0;
  protected override async createPort(run: Run<this>): Promise<Outcome> {
    return done({ portId: await this.process.backends.ensurePort(run.params.toyId, `port-${run.params.toyId}-${this.made++}-${Math.random()}`) });
  }
}

/** Trusts that a command and its report arrive. */
export class AsksOnce extends MakeToy {
  override readonly steps = [
    step('create-port', (run) => this.createPort(run)),
    step('request-guest', (run) => this.requestGuest(run)),
    step('ensure-guest', (run) => this.ensureGuest(run)),
  ] as never;

  protected async requestGuest(run: Run<this>): Promise<Outcome> {
    const toy = await findToy(run.db, run.params.toyId);
    this.process.send(EnsureGuest, { id: toy.id, generation: toy.generation });
    return done();
  }

  protected override async ensureGuest(run: Run<this>): Promise<Outcome> {
    const guest = await findGuest(run.db, run.params.toyId);
    if (guest?.power === 'running') return finish((tx) => tx.sql`UPDATE toy SET state = 'active' WHERE id = ${run.params.toyId}`);
    return park({ until: guestReport(run.params.toyId), atMost: patience });
  }
}

/** Says that the toy is ready before the operation's end is certain, and leaves the rest to a next step. */
export class TellsTooEarly extends MakeToy {
  protected override async ensureGuest(run: Run<this>): Promise<Outcome> {
    const outcome = await super.ensureGuest(run);
    if (outcome.kind !== 'finish') return outcome;
    return finish(async () => undefined);
  }
}

/** Tidies up from memory: what it did not write down, it forgets. */
export class TidiesFromMemory extends MakeToy {
  private readonly remembered = new Set<string>();

  protected override async createPort(run: Run<this>): Promise<Outcome> {
    const outcome = await super.createPort(run);
    this.remembered.add(run.params.toyId);
    return outcome;
  }

  protected override async tearDown(run: Run<this>, toy: Toy): Promise<Leftover[]> {
    if (this.remembered.has(toy.id)) return super.tearDown(run, toy);
    return [];
  }
}

/** Leaves things behind when it fails. */
export class LeavesPorts extends MakeToy {
  protected override async tearDown(): Promise<Leftover[]> {
    return [];
  }
}

/** Waits for a vanished host for ever. */
export class NeverGivesUp extends MakeToy {
  override async abandon(run: Run<this>): Promise<Outcome> {
    const toy = await findToy(run.db, run.params.toyId);
    const leftovers = await this.tearDown(run, toy);
    if (leftovers.length > 0) return park({ until: guestReport(toy.id), atMost: patience });
    return finish((tx) => tx.sql`UPDATE toy SET state = 'error' WHERE id = ${toy.id}`);
  }
}

/** Counts toys beside the operation instead of within its end. */
export class CountsOutside extends MakeToy {
  protected override async ensureGuest(run: Run<this>): Promise<Outcome> {
    const outcome = await super.ensureGuest(run);
    if (outcome.kind === 'finish') await run.transaction((tx) => tx.sql`UPDATE toy SET generation = generation + 1 WHERE id = ${run.params.toyId}`);
    return outcome;
  }
}
