import { Module, type DynamicModule } from '@nestjs/common';
import { Policy, type PolicyOptions } from './policy.js';

@Module({})
export class PolicyModule {
  /** Provides `Policy` with a service's rules everywhere in it. */
  static forRoot(options: PolicyOptions): DynamicModule {
    return { module: PolicyModule, global: true, providers: [{ provide: Policy, useValue: new Policy(options) }], exports: [Policy] };
  }
}
