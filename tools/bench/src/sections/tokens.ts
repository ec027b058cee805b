import { passwordLogin, type Session } from '../session.js';

/** Logging in and showing who one is: what every client does first. */
export async function tokens(session: Session): Promise<void> {
  const { cloud, userId, client } = session;
  const url = `${cloud.authUrl}/auth/tokens`;
  await session.measure('token by password', { concurrency: 4, seconds: 4, question: () => ({ method: 'POST', url, body: passwordLogin(cloud, 'admin') }) });
  const name = `bench-${Date.now()}`;
  const { application_credential: credential } = await client.demand<{ application_credential: { id: string; secret: string } }>({
    method: 'POST', url: `${cloud.authUrl}/users/${userId}/application_credentials`, body: { application_credential: { name } },
  });
  const body = { auth: { identity: { methods: ['application_credential'], application_credential: { id: credential.id, secret: credential.secret } } } };
  await session.measure('token by application credential', { concurrency: 16, seconds: 5, question: () => ({ method: 'POST', url, body }) }, {
    text: '≥ 1000/s', holds: ({ perSecond }) => perSecond >= 1000,
  });
  await client.demand({ method: 'DELETE', url: `${cloud.authUrl}/users/${userId}/application_credentials/${credential.id}` });
  await session.measure('token validation by API', {
    concurrency: 16, seconds: 4, headers: { 'x-auth-token': session.token, 'x-subject-token': session.token }, question: () => ({ method: 'GET', url: `${url}?nocatalog` }),
  });
}
