import type { Readable } from 'node:stream';

/** What came of a stream: all of it, or its beginning while the rest still waits. */
export interface Gathered {
  chunks: Buffer[];
  sizeBytes: number;
  isWhole: boolean;
}

/** Reads a stream until its end, or until more than `most` bytes have come; it is then paused and can be read on. */
export function gather(stream: Readable, most: number, signal: AbortSignal): Promise<Gathered> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const settle = (act: () => void): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes <= most) return;
      stream.pause();
      settle(() => resolve({ chunks, sizeBytes, isWhole: false }));
    };
    const onEnd = (): void => settle(() => resolve({ chunks, sizeBytes, isWhole: true }));
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new Error('The stream was closed before its end.')));
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    stream.on('error', onError).on('end', onEnd).on('close', onClose).on('data', onData);
    if (stream.readableEnded) return onEnd();
    if (stream.destroyed) return onClose();
  });
}
