import { countStatements, PostgresDatabase } from '@virga/persistence';
import { demoProject } from '@virga/testing';
import { accountName } from '../accounts/index.js';
import { useObjectStorage } from '../testing/index.js';

describe('the statements of requests', () => {
  const storage = useObjectStorage();
  const container = `/v1/${accountName(demoProject)}/c`;
  const put = (name: string): Promise<Response> => storage.request(`${container}/${name}`, { as: 'alice', method: 'PUT', body: 'bytes' });

  const statementsOf = async (work: () => Promise<Response | Response[]>): Promise<number> => {
    const { count, statements, result } = await countStatements(storage.app.get(PostgresDatabase), work);
    for (const answer of [result].flat()) expect(answer.status).toBeLessThan(300);
    expect(statements).toHaveLength(count);
    return count;
  };

  beforeAll(async () => {
    await storage.request(container, { as: 'alice', method: 'PUT' });
    await put('warm');
  });

  it('are one for reading an object', async () => {
    expect(await statementsOf(() => storage.request(`${container}/warm`, { as: 'alice' }))).toBe(1);
    expect(await statementsOf(() => storage.request(`${container}/warm`, { as: 'alice', method: 'HEAD' }))).toBe(1);
  });

  it('do not grow with those who write at the same time', async () => {
    expect(await statementsOf(() => put('alone'))).toBeLessThanOrEqual(6);
    const many = await statementsOf(() => Promise.all(Array.from({ length: 40 }, (_, index) => put(`together${index}`))));
    expect(many).toBeLessThan(40 * 3);
  });
});
