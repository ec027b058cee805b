import { Injectable } from '@nestjs/common';
import { minutes, type Duration } from '@virga/kernel';
import { Operation, type Outcome, type Run } from '@virga/operations';
import { MoveSteps, type MoveParams } from './move-steps.js';

/** Too short: large volumes never arrive. Too long: where hosts live but do nothing, a volume is locked; dead ones end it sooner. */
const DEADLINE: Duration = minutes(360);

/** Moves a volume to another backend. Theory of operation: see `MoveSteps`. */
@Injectable()
export class MigrateVolume extends Operation<MoveParams> {
  readonly kind = 'volume.migrate';
  readonly version = 1;
  readonly deadline: Duration = DEADLINE;
  readonly steps = this.move.steps();

  constructor(private readonly move: MoveSteps) {
    super();
  }

  abandon(run: Run<this>): Promise<Outcome> {
    return this.move.abandon(run);
  }
}

/** Gives a volume another type, for which it must move. Theory of operation: see `MoveSteps`. */
@Injectable()
export class RetypeVolume extends Operation<MoveParams> {
  readonly kind = 'volume.retype';
  readonly version = 1;
  readonly deadline: Duration = DEADLINE;
  readonly steps = this.move.steps();

  constructor(private readonly move: MoveSteps) {
    super();
  }

  abandon(run: Run<this>): Promise<Outcome> {
    return this.move.abandon(run);
  }
}
