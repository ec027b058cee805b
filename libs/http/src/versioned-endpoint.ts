import {
  changePoints, schemaAt, shaperAt, T, validatorFor, type AnyEndpoint, type InputOf, type Shaper, type TSchema, type Validator, type VersionNumber,
} from '@virga/contract';

export type Handler = (input: InputOf<AnyEndpoint>) => unknown;

/** What one endpoint checks and shows at one version. */
export interface EndpointAtVersion {
  validateQuery: Validator | undefined;
  validateBody: Validator | undefined;
  shape: Shaper;
}

/** An endpoint with its handler; validators are compiled on first use, once per version at which the endpoint changes. */
export class BoundEndpoint {
  private readonly points: readonly VersionNumber[];
  private readonly compiled = new Map<VersionNumber, EndpointAtVersion>();

  constructor(readonly contract: AnyEndpoint, readonly handler: Handler, readonly name: string) {
    const { query, body, view } = contract.spec;
    this.points = [...new Set([query, body, view].flatMap((schema) => changePoints(schema)))].sort((a, b) => a - b);
  }

  at(version: VersionNumber): EndpointAtVersion {
    const point = version === 0 ? 0 : this.points.findLast((candidate) => candidate <= version) ?? 1;
    const known = this.compiled.get(point);
    if (known !== undefined) return known;
    const fresh = this.compile(version);
    this.compiled.set(point, fresh);
    return fresh;
  }

  private compile(version: VersionNumber): EndpointAtVersion {
    const { query, body, view } = this.contract.spec;
    const validator = (schema: TSchema | undefined, source: 'body' | 'text'): Validator | undefined =>
      (schema === undefined ? undefined : validatorFor(schemaAt(schema, version), source));
    return {
      validateQuery: validator(query, 'text'),
      validateBody: validator(body, 'body'),
      shape: shaperAt(view ?? T.Any(), version),
    };
  }
}
