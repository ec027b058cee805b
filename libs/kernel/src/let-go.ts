/** What is smaller is collected with the rest before it is missed. */
const WORTH_BYTES = 32 * 1024;

/**
 * Gives the memory of a chunk back at once; nobody may look at it any more. Streams of large objects make memory outside of
 * the JavaScript heap much faster than objects inside it, and V8 answers every 64 MiB of that with a collection of the whole heap:
 * without this half of the time that a large object takes goes there. A chunk that shares its memory with others is left alone.
 */
export function letGo(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (chunk.length >= WORTH_BYTES && chunk.length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
