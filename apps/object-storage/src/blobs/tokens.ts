/** The injection token of the `ObjectStore`s, a list. */
export const OBJECT_STORES = Symbol('ObjectStores');
/** The injection token of the `SecretBox` under which root keys are sealed. */
export const ROOT_KEY_SECRETS = Symbol('RootKeySecrets');
