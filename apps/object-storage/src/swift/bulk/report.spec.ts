import { jest } from '@jest/globals';
import { text } from 'node:stream/consumers';
import { drawnOut } from './drawn-out.js';
import { bestFormat, renderReport } from './report.js';

const report = {
  facts: { 'Response Status': '400 Bad Request', 'Response Body': '', 'Number Files Created': 2 },
  failures: [{ name: 'c/a%20<b>', status: '413 Request Entity Too Large' }],
};

describe('a report', () => {
  it('is told as text, JSON and XML', () => {
    expect(renderReport('text/plain', report, 'extract'))
      .toBe('Number Files Created: 2\nResponse Body: \nResponse Status: 400 Bad Request\nErrors:\nc/a%20<b>, 413 Request Entity Too Large\n');
    expect(JSON.parse(renderReport('application/json', report, 'extract'))).toEqual({ ...report.facts, Errors: [['c/a%20<b>', '413 Request Entity Too Large']] });
    expect(renderReport('application/xml', report, 'extract')).toBe([
      '<extract>', '<number_files_created>2</number_files_created>', '<response_body></response_body>', '<response_status>400 Bad Request</response_status>', '<errors>',
      '<object><name>c/a%20&lt;b&gt;</name><status>413 Request Entity Too Large</status></object>', '</errors>', '</extract>', '',
    ].join('\n'));
  });

  it.each([
    [undefined, 'text/plain'], ['*/*', 'text/plain'], ['application/json', 'application/json'], ['application/*;q=0.9, text/xml', 'text/xml'],
    ['text/plain;q=0.1, application/json;q=0.5', 'application/json'], ['image/png', undefined],
  ])('suits Accept: %s as %s', (accept, format) => {
    expect(bestFormat(accept)).toBe(format);
  });

  it('is sent with blanks in front while the work goes on', async () => {
    jest.useFakeTimers();
    const { promise, resolve } = Promise.withResolvers<string>();
    const body = drawnOut(promise, { first: ' ', isEager: true });
    const chunks: string[] = [];
    const reading = (async () => { for await (const chunk of body) chunks.push(String(chunk)); })();
    await jest.advanceTimersByTimeAsync(25_000);
    resolve('done');
    jest.useRealTimers();
    await reading;
    expect(chunks.join('')).toBe('   \r\n\r\ndone');
  });

  it('troubles nobody when the work fails after the client has gone', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const unhandled = jest.fn();
    process.once('unhandledRejection', unhandled);
    drawnOut(promise, { first: ' ', isEager: true }).destroy();
    reject(new Error('gone'));
    await new Promise((resolve) => { setImmediate(resolve); });
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('is sent alone where the work was quick', async () => {
    const body = drawnOut(Promise.resolve('done'), { first: ' ', isEager: false });
    expect(await text(body)).toBe('done');
  });
});
