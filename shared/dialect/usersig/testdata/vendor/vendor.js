// Signs and checks tokens with the vendor's package. Reads a JSON list of requests from the
// standard input and writes a JSON list of answers.
'use strict';
const fs = require('fs');
const zlib = require('zlib');
const path = require('path');
const { Api } = require(path.join(process.argv[2], 'tls-sig-api-v2'));

const now = Date.now;

function sign(r) {
  const api = new Api(r.app, r.secret);
  Date.now = () => r.time * 1000;
  try {
    if (r.room) return api.genPrivateMapKeyWithStringRoomID(r.user, r.expire, r.room, 255);
    if (r.roomid) return api.genPrivateMapKey(r.user, r.expire, r.roomid, 255);
    return api.genUserSig(r.user, r.expire);
  } finally {
    Date.now = now;
  }
}

// check does what the vendor's verifiers do, with the HMAC of the vendor's package.
function check(r) {
  const text = r.token.replace(/_/g, '=').replace(/-/g, '/').replace(/\*/g, '+');
  const doc = JSON.parse(zlib.inflateSync(Buffer.from(text, 'base64')).toString());
  const buf = doc['TLS.userbuf'];
  const api = new Api(doc['TLS.sdkappid'], r.secret);
  const sig = api._hmacsha256(doc['TLS.identifier'], doc['TLS.time'], doc['TLS.expire'], buf === undefined ? null : buf);
  const types = {
    'TLS.ver': 'string', 'TLS.identifier': 'string', 'TLS.sdkappid': 'number', 'TLS.time': 'number',
    'TLS.expire': 'number', 'TLS.sig': 'string',
  };
  for (const [name, type] of Object.entries(types)) {
    if (typeof doc[name] !== type) return `${name} is a ${typeof doc[name]}`;
  }
  if (doc['TLS.sdkappid'] !== r.app) return 'another sdkappid';
  if (doc['TLS.identifier'] !== r.user) return 'another identifier';
  if (doc['TLS.time'] + doc['TLS.expire'] !== r.time + r.expire) return 'another time';
  return doc['TLS.sig'] === sig ? 'ok' : 'the signature differs';
}

const requests = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(requests.map((r) => (r.token ? check(r) : sign(r)))));
