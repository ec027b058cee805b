export { CallAnswers } from './call-answers.js';
export { CallsModule } from './calls.module.js';
