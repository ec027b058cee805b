import { Injectable } from '@nestjs/common';
import { minutes, type Duration, type Fault } from '@virga/kernel';
import { Operation, type Outcome, type Run } from '@virga/operations';
import { PowerSteps, type PowerParams } from './power-steps.js';

/** How long a guest may take to shut down by itself (Nova's `shutdown_timeout`). Too short: file systems are cut off. Too long: users wait for guests that do not listen. */
const GRACE_SECONDS = 60;

/**
 * One operation for each thing that users do to a server's power. Theory of operation: see `PowerSteps`, which they share; they
 * differ in what they want and are apart because the history, the table of who may overtake whom, and metrics name them.
 */
@Injectable()
export class StartServer extends Operation<PowerParams> {
  readonly kind = 'server.start';
  readonly version = 1;
  readonly deadline: Duration = minutes(10);
  readonly steps = this.power.steps({ power: 'running', becomes: 'active' });

  constructor(private readonly power: PowerSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.power.abandon(run, reason);
  }
}

@Injectable()
export class StopServer extends Operation<PowerParams> {
  readonly kind = 'server.stop';
  readonly version = 1;
  readonly deadline: Duration = minutes(10);
  readonly steps = this.power.steps({ power: 'shutdown', becomes: 'stopped', graceSeconds: GRACE_SECONDS });

  constructor(private readonly power: PowerSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.power.abandon(run, reason);
  }
}

@Injectable()
export class PauseServer extends Operation<PowerParams> {
  readonly kind = 'server.pause';
  readonly version = 1;
  readonly deadline: Duration = minutes(5);
  readonly steps = this.power.steps({ power: 'paused', becomes: 'paused' });

  constructor(private readonly power: PowerSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.power.abandon(run, reason);
  }
}

@Injectable()
export class UnpauseServer extends Operation<PowerParams> {
  readonly kind = 'server.unpause';
  readonly version = 1;
  readonly deadline: Duration = minutes(5);
  readonly steps = this.power.steps({ power: 'running', becomes: 'active' });

  constructor(private readonly power: PowerSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.power.abandon(run, reason);
  }
}

/** Asks the guest; after a while without an answer the host cuts its power. */
@Injectable()
export class RebootServer extends Operation<PowerParams> {
  readonly kind = 'server.reboot';
  readonly version = 1;
  readonly deadline: Duration = minutes(10);
  readonly steps = this.power.steps({ power: 'running', becomes: 'active', restart: 'soft', graceSeconds: GRACE_SECONDS });

  constructor(private readonly power: PowerSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.power.abandon(run, reason);
  }
}

/** Cuts the power and boots again; may overtake a polite reboot that the guest does not follow. */
@Injectable()
export class HardRebootServer extends Operation<PowerParams> {
  readonly kind = 'server.reboot-hard';
  readonly version = 1;
  readonly deadline: Duration = minutes(10);
  readonly steps = this.power.steps({ power: 'running', becomes: 'active', restart: 'hard' });

  constructor(private readonly power: PowerSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.power.abandon(run, reason);
  }
}
