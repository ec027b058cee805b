import { DatabaseContended } from '@virga/persistence';

/**
 * For `onForeignKey`: what was read a moment ago has been deleted meanwhile. The transaction runs again from the start, and
 * says what there is to say about what it finds then.
 */
export function lookAgain(): DatabaseContended {
  return new DatabaseContended();
}
