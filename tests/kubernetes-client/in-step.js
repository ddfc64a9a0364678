// Keeps lists and watches by the informers of @kubernetes/client-node, and does what it is told line by line: "write SEED COUNT" makes random changes,
// "compare" says whether every cache holds what a list gives, object by object. KUBECONFIG says of which API.
'use strict';
const https = require('https');
const readline = require('readline');
const k8s = require('@kubernetes/client-node');

const config = new k8s.KubeConfig();
config.loadFromDefault();
const server = config.getCurrentCluster().server;
const agent = new https.Agent({ keepAlive: true, ca: config.getCurrentCluster().caData && Buffer.from(config.getCurrentCluster().caData, 'base64') });
const spaces = ['red', 'blue'];
const paths = ['/api/v1/services', '/api/v1/configmaps', '/apis/discovery.k8s.io/v1/endpointslices', '/apis/elsewhere.dev/v1alpha1/aliases'];
let relisted = 0;

function call(method, path, body, type = 'application/json') {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${config.getCurrentUser().token}`, 'Content-Type': type };
    const request = https.request(server + path, { method, headers, agent }, response => {
      const pieces = [];
      response.on('data', piece => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(Buffer.concat(pieces)) }));
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}

const informers = new Map(paths.map(path => {
  const informer = k8s.makeInformer(config, path, async () => {
    relisted++;
    return { body: (await call('GET', path)).body };
  });
  // As the library's documentation has it: whoever is told of an error starts again.
  const again = () => setTimeout(() => informer.start().catch(again), 100);
  informer.on('error', again);
  return [path, informer];
}));

// Lists leave out what every object of theirs is; everything else is compared.
function text(object) {
  const sorted = value => value && typeof value === 'object'
    ? Array.isArray(value) ? value.map(sorted) : Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]))
    : value;
  const { kind, apiVersion, ...rest } = object;
  return JSON.stringify(sorted(rest));
}

function keyed(items) {
  return new Map(items.map(item => [`${item.metadata.namespace}/${item.metadata.name}`, text(item)]));
}

async function differences() {
  const found = [];
  let count = 0;
  for (const [path, informer] of informers) {
    const listed = keyed((await call('GET', path)).body.items);
    const cached = keyed(informer.list());
    count += listed.size;
    for (const key of new Set([...listed.keys(), ...cached.keys()])) {
      if (listed.get(key) !== cached.get(key))
        found.push(`${path} ${key}: listed ${listed.get(key)}, cached ${cached.get(key)}`);
    }
  }
  return { found, count };
}

// What is on its way arrives; what was lost never does.
async function compare() {
  const until = Date.now() + 60000;
  for (;;) {
    const { found, count } = await differences();
    if (found.length === 0)
      return `in step: ${count} objects, ${relisted} lists`;
    if (Date.now() > until)
      return `out of step: ${found.slice(0, 3).join('; ')}`;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

// mulberry32: the same seed makes the same changes.
function random(seed) {
  return limit => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

async function change(next) {
  const space = spaces[next(spaces.length)];
  const [path, body] = [
    () => [`/api/v1/namespaces/${space}/services`, { spec: next(2) ? { type: 'ExternalName', externalName: `t${next(99)}.example.test` } : { ports: [{ port: 80 + next(9) }] } }],
    () => [`/api/v1/namespaces/${space}/configmaps`, { data: { text: 'x'.repeat(next(2) ? next(2000) : 400000) } }],
    () => [`/apis/discovery.k8s.io/v1/namespaces/${space}/endpointslices`, { addressType: 'IPv4', endpoints: [{ addresses: [`203.0.113.${1 + next(200)}`] }], ports: [{ port: 80 }] }],
    () => [`/apis/elsewhere.dev/v1alpha1/namespaces/${space}/aliases`, { spec: { origins: [{ url: `tcp://203.0.113.${1 + next(200)}:9000` }], ports: [{ port: 80 }] } }],
  ][next(4)]();
  const name = `n${next(12)}`;
  const answer = await [
    () => call('POST', path, { metadata: { name }, ...body }),
    () => call('POST', path, { metadata: { name }, ...body }),
    () => call('PATCH', `${path}/${name}`, { metadata: { labels: { change: `${next(1000)}` } } }, 'application/merge-patch+json'),
    () => call('PATCH', `${path}/${name}`, { metadata: { annotations: { change: `${next(1000)}` } } }, 'application/merge-patch+json'),
    () => call('DELETE', `${path}/${name}`),
  ][next(5)]();
  // Names are random: what is there already, or is not, is part of it.
  if (![200, 201, 404, 409].includes(answer.status))
    throw new Error(`${path} ${name}: ${JSON.stringify(answer)}`);
}

async function write(seed, count) {
  const next = random(seed);
  for (const space of spaces)
    await call('POST', '/api/v1/namespaces', { metadata: { name: space } });
  let left = count;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (left-- > 0)
      await change(next);
  }));
  return `wrote ${seed}`;
}

async function main() {
  for (const informer of informers.values())
    await informer.start();
  console.log('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [verb, ...numbers] = line.split(' ');
    console.log(verb === 'write' ? await write(...numbers.map(Number)) : await compare());
  }
  process.exit(0);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
