import type { Answerer } from '@virga/messaging';

/** What a slice answers to other services; every provider that is one is found and asked. */
export abstract class CallAnswers {
  abstract answerers(): readonly Answerer[];
}
