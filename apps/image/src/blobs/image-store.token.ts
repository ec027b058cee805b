/** The injection token of the `ImageStore`. */
export const IMAGE_STORE = Symbol('ImageStore');
