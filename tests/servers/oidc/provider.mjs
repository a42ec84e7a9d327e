// SPDX-License-Identifier: Apache-2.0
//
// A provider of OAuth tokens for tests: oidc-provider on loopback, with the habits of the large
// ones that it lacks (a poll that comes too early is told to slow down; a refresh token that was
// rotated stays good for a while) and a back door below /test/ by which a test plays the person,
// the operator and the clock. Prints its port when it listens.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import Provider from 'oidc-provider';

const now = () => Math.floor(Date.now() / 1000);

// What a test may change at any time.
const set = {
  grace: 0, // seconds for which a rotated refresh token stays good
  token: 3600, // life of an access token, seconds
  code: 600, // of a device code
  interval: 1, // between two polls
  skew: 0, // how far its clock, as it tells it, is ahead
  delay: 0, // ms before a token is given
  down: 0, // HTTP status for the token endpoint; 0: it works
};
const counts = { refresh: 0, rotated: 0, poll: 0, too_early: 0, client: 0, refused: 0 };

// ---- what it keeps -------------------------------------------------------------------------

const kept = new Map();

class Adapter {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) { kept.set(this.key(id), payload); }
  // A retry with the token before is a client that lost the answer, as long as it is soon.
  async find(id) {
    const found = kept.get(this.key(id));
    if (!found || !found.consumed || this.model !== 'RefreshToken') return found;
    return now() - found.consumed < set.grace ? { ...found, consumed: undefined } : found;
  }
  async consume(id) {
    const found = kept.get(this.key(id));
    found.consumed ||= now();
  }
  async destroy(id) { kept.delete(this.key(id)); }
  async findByUid(uid) { return [...kept.values()].find((p) => p.uid === uid); }
  async findByUserCode(code) { return [...kept.values()].find((p) => p.userCode === code); }
  async revokeByGrantId(grantId) {
    for (const [key, p] of kept) if (p.grantId === grantId) kept.delete(key);
  }
}

// ---- the provider -----------------------------------------------------------------------------

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const none = { redirect_uris: [], response_types: [] };
const server = http.createServer();
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  adapter: Adapter,
  scopes: ['openid', 'offline_access', 'mail'],
  clients: [
    { ...none, client_id: 'brygga', token_endpoint_auth_method: 'none', grant_types: [DEVICE, 'refresh_token'] },
    { ...none, client_id: 'private', client_secret: 'a secret: 1+1', grant_types: [DEVICE, 'refresh_token'] },
    { ...none, client_id: 'robot', client_secret: 'robot-secret', grant_types: ['client_credentials'] },
    { ...none, client_id: 'server', client_secret: 'server-secret', grant_types: [] },
  ],
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: {
    AccessToken: () => set.token,
    ClientCredentials: () => set.token,
    DeviceCode: () => set.code,
    RefreshToken: 86400,
    Grant: 86400,
  },
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
});

// RFC 8628 section 3.5, which oidc-provider leaves to others.
const polls = new Map();

function tooEarly(code) {
  const p = polls.get(code) || { interval: set.interval * 1000, last: Date.now() };
  const early = Date.now() - p.last < p.interval - 20;
  if (early || p.slow) p.interval += 5000;
  const told = early || p.slow;
  counts.too_early += early ? 1 : 0;
  polls.set(code, { interval: p.interval, last: Date.now(), slow: false });
  return told;
}

provider.use(async (ctx, next) => {
  await next();
  const { grant_type: type, device_code: code } = ctx.oidc?.params || {};
  if (ctx.path.endsWith('/device/auth') && ctx.body.device_code) {
    ctx.body.interval = set.interval;
    polls.set(ctx.body.device_code, { interval: set.interval * 1000, last: Date.now() });
  }
  if (!ctx.path.endsWith('/token') || !type) return;
  counts.refused += ctx.status === 200 ? 0 : 1;
  counts.refresh += type === 'refresh_token' ? 1 : 0;
  counts.rotated += type === 'refresh_token' && ctx.status === 200 ? 1 : 0;
  counts.client += type === 'client_credentials' ? 1 : 0;
  if (type !== DEVICE) return;
  counts.poll += 1;
  if (tooEarly(code) && ctx.body.error === 'authorization_pending') ctx.body = { error: 'slow_down' };
});

// ---- the back door ------------------------------------------------------------------------------

async function deviceOf(userCode) {
  return provider.DeviceCode.findByUserCode(userCode.replace(/\W/g, ''), { ignoreExpiration: true });
}

const doors = {
  set: async (what) => Object.assign(set, what),
  counts: async () => ({ ...counts }),
  approve: async ({ code, account }) => {
    const device = await deviceOf(code);
    const grant = new provider.Grant({ accountId: account, clientId: device.clientId });
    const scope = 'openid offline_access mail';
    grant.addOIDCScope(scope);
    Object.assign(device, { accountId: account, grantId: await grant.save(), scope, authTime: now(), sessionUid: randomUUID() });
    await device.save();
    return {};
  },
  deny: async ({ code }) => {
    const device = await deviceOf(code);
    device.error = 'access_denied';
    await device.save();
    return {};
  },
  // The next poll is told to slow down, however late it comes.
  slow: async () => {
    for (const [code, p] of polls) polls.set(code, { ...p, slow: true });
    return {};
  },
  // The person takes the permission back.
  revoke: async ({ account }) => {
    for (const [key, p] of kept) if (p.accountId === account) kept.delete(key);
    return {};
  },
  // One client more.
  client: async (metadata) => {
    kept.set(`Client:${metadata.client_id}`, { ...none, ...metadata });
    return {};
  },
  // What nobody else may ever show.
  secrets: async () => [...kept.keys()].filter((key) => /Token:/.test(key)).map((key) => key.split(':')[1]),
  // Access tokens end before their time; refresh tokens stay.
  forget: async () => {
    for (const key of kept.keys()) if (/^(AccessToken|ClientCredentials):/.test(key)) kept.delete(key);
    return {};
  },
};

async function bodyOf(req) {
  let text = '';
  for await (const piece of req) text += piece;
  return text ? JSON.parse(text) : {};
}

const handle = provider.callback();
server.on('request', async (req, res) => {
  res.sendDate = false;
  res.setHeader('Date', new Date(Date.now() + set.skew * 1000).toUTCString());
  const door = doors[req.url.replace('/test/', '')];
  if (req.url.startsWith('/test/') && door) {
    res.end(JSON.stringify(await door(await bodyOf(req))));
    return;
  }
  if (req.url === '/token' && set.down) {
    res.statusCode = set.down;
    res.end('<html>not now</html>');
    return;
  }
  if (req.url === '/token' && set.delay) await new Promise((r) => { setTimeout(r, set.delay); });
  handle(req, res);
});
console.log(server.address().port);
