import { Injectable } from '@nestjs/common';
import { minutes, type Duration, type Fault } from '@virga/kernel';
import { Operation, type Outcome, type Run } from '@virga/operations';
import { ReshapeSteps, type ReshapeParams } from './reshape-steps.js';

/** Gives a server another flavor, on trial. Theory of operation: see `ReshapeSteps`. */
@Injectable()
export class ResizeServer extends Operation<ReshapeParams> {
  readonly kind = 'server.resize';
  readonly version = 1;
  readonly deadline: Duration = minutes(15);
  readonly steps = this.reshape.steps('resize');

  constructor(private readonly reshape: ReshapeSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.reshape.abandon(run, reason);
  }
}

/** Gives a resized server its former flavor again. Theory of operation: see `ReshapeSteps`. */
@Injectable()
export class RevertResize extends Operation<ReshapeParams> {
  readonly kind = 'server.revert-resize';
  readonly version = 1;
  readonly deadline: Duration = minutes(15);
  readonly steps = this.reshape.steps('revert');

  constructor(private readonly reshape: ReshapeSteps) {
    super();
  }

  abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return this.reshape.abandon(run, reason);
  }
}
