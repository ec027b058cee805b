export { T, type Static, type TSchema, type TObject } from './schema.js';
export { field, closed, open, Nullable, Uuid, Timestamp, WireBoolean, isTrue, type FieldOptions } from './field.js';
export {
  versionNumber, versionText, isWithin, type VersionRange, type VersionNumber, type VersionText,
} from './version.js';
export { schemaAt, changePoints } from './schema-at.js';
export { shaperAt, type Shaper } from './shape.js';
export { validatorFor, type Validator, type Violation } from './validate.js';
export { rule, type PolicyRule } from './rule.js';
export {
  endpoint, type Endpoint, type EndpointSpec, type InputOf, type BodyOf, type QueryOf, type OutputOf, type StatusRange, type AnyEndpoint, type RequestFacts,
} from './endpoint.js';
export { reply, isReply, Reply, type ReplyOptions } from './reply.js';
export { openApi, type ServiceDescription } from './open-api.js';
export { policySample } from './policy-sample.js';
export {
  message, call, type MessageContract, type CallContract, type MessageBody, type CallRequest, type CallReply,
} from './messages.js';
