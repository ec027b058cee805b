export { MalformedForm, formParts, parseParameters, type FormPart } from './multipart.js';
