export { lookAgain } from './look-again.js';
