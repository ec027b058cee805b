export class StepFailed extends Error {
  constructor(why: string, remedy: string, options?: ErrorOptions);
  readonly remedy: string;
}
export function step(name: string, work: () => Promise<string | void> | string | void): Promise<void>;
export function together(...steps: Promise<void>[]): Promise<void>;
