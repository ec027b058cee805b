import { Injectable } from '@nestjs/common';
import type { BodyOf } from '@virga/contract';
import { services as contract } from '@virga/contracts-block-storage';
import { Invalid, type Caller } from '@virga/kernel';
import { Policy } from '@virga/policy';

const LEVELS: readonly string[] = ['debug', 'info', 'warning', 'error'];

class LogLevelInvalid extends Invalid {
  constructor(level: string) {
    super('block-storage.log-level.invalid', `Invalid input received: level ${level.slice(0, 20)} is not one of ${LEVELS.join(', ')}.`);
  }
}

/** Levels are a setting of each process (`logLevel`), read when it starts: there is nothing that could be changed from here. */
@Injectable()
export class LogLevelsService {
  constructor(private readonly policy: Policy) {}

  /** Always refused, once it is clear that the caller may ask and asks for a level that exists. */
  refuse(caller: Caller, { level }: BodyOf<typeof contract.setLogLevels>): never {
    this.policy.require(caller, contract.setLogLevels.policy);
    if (!LEVELS.includes((level ?? '').toLowerCase())) throw new LogLevelInvalid(level ?? '');
    throw new Invalid('block-storage.log-level.fixed', 'Log levels are part of the configuration; change logLevel there and start the service anew.', { status: 501 });
  }

  /** No logger has a level that was changed while it runs. */
  list(caller: Caller): [] {
    this.policy.require(caller, contract.getLogLevels.policy);
    return [];
  }
}
