import { Conflict, Forbidden, Invalid, Unavailable } from '@virga/kernel';
import { mayPass, pauseBefore } from './retry.js';

describe('repeating a step', () => {
  it('pauses longer each time, up to half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map((attempt) => pauseBefore(attempt, 0))).toEqual([250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  });

  it('takes off up to half of a pause, so that many do not come back at once', () => {
    expect([0, 0.5, 1].map((random) => pauseBefore(3, random))).toEqual([1000, 750, 500]);
  });

  it('may help where something is unavailable or a race was lost, however often', () => {
    expect([new Unavailable('x.y', ''), new Conflict('server.concurrent-update', '')].map((error) => mayPass(error, 1000))).toEqual([true, true]);
  });

  it('cannot help where the answer is no', () => {
    expect([new Invalid('x.y', ''), new Forbidden('x.y', ''), new Conflict('x.taken', '')].map((error) => mayPass(error, 1))).toEqual([false, false, false]);
  });

  it('is tried a few times where nobody knows', () => {
    expect([1, 5, 6].map((attempts) => mayPass(new TypeError('?'), attempts))).toEqual([true, true, false]);
  });
});
