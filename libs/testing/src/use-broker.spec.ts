import amqp from 'amqplib';
import { useBroker } from './use-broker.js';

describe('a broker for tests', () => {
  const broker = useBroker();

  it('carries messages inside its own virtual host', async () => {
    const connection = await amqp.connect(broker.url);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('letters');
    channel.sendToQueue('letters', Buffer.from('hello'));
    await channel.waitForConfirms();
    expect(await channel.get('letters')).toMatchObject({ content: Buffer.from('hello') });
    await connection.close();
  });

  it('can be out of reach for a while', async () => {
    const connection = await amqp.connect(broker.url);
    connection.on('error', () => undefined);
    const isClosed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
    broker.port.cut();
    await isClosed;
    await expect(amqp.connect(broker.url)).rejects.toThrow();
    broker.port.restore();
    await (await amqp.connect(broker.url)).close();
  });

  it('makes users that may do only what they were given', async () => {
    const connection = await amqp.connect(await broker.addUser({ configure: '^$', write: '^$', read: '^letters$' }));
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await expect(channel.assertQueue('others')).rejects.toThrow(/ACCESS_REFUSED|403/);
    await connection.close();
  });
});
