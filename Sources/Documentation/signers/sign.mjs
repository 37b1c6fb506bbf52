#!/usr/bin/env node
// Signs a request for Gatehouse and prints its headers. Needs Node 16 and nothing else.
//   GATEHOUSE_KEY_ID=acme:s1 GATEHOUSE_SECRET=ghs_… GATEHOUSE_TOKEN=… node sign.mjs METHOD URL [BODY-FILE]
import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** The headers to send, in order. `body` is a Buffer or string, exactly as it will be sent. */
export function sign({ method, url, token, keyId, secret, body, contentType = 'application/json', idempotencyKey, created, nonce }) {
  // By hand: URL would rewrite the path and the query, and what is signed must be what is sent.
  const [, host, path, query] = /^[a-z]+:\/\/([^/?#]+)([^?#]*)\??([^#]*)$/i.exec(url)
  const headers = { Authorization: `Bearer ${token}` }
  if (body !== undefined) {
    headers['Content-Digest'] = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
    headers['Content-Type'] = contentType
  }
  if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey
  const covered = [['@method', method], ['@authority', host.toLowerCase().replace(/:(80|443)$/, '')], ['@path', path || '/'], ['@query', `?${query}`]]
  covered.push(...Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const parameters = `(${covered.map(([name]) => `"${name}"`).join(' ')});created=${created ?? Math.floor(Date.now() / 1000)}` +
    `;nonce="${nonce ?? randomBytes(16).toString('hex')}";keyid="${keyId}";alg="hmac-sha256";tag="gatehouse"`
  const base = covered.map(([name, value]) => `"${name}": ${value}\n`).join('') + `"@signature-params": ${parameters}`
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse request signing v1', 32))
  headers['Signature-Input'] = `gatehouse=${parameters}`
  headers.Signature = `gatehouse=:${createHmac('sha256', key).update(base).digest('base64')}:`
  return headers
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [method, url, file] = process.argv.slice(2)
  const { GATEHOUSE_TOKEN: token, GATEHOUSE_KEY_ID: keyId, GATEHOUSE_SECRET: secret, CONTENT_TYPE: contentType, IDEMPOTENCY_KEY: idempotencyKey, CREATED: created, NONCE: nonce } = process.env
  const body = file === undefined ? undefined : readFileSync(file)
  for (const [name, value] of Object.entries(sign({ method, url, token, keyId, secret, body, contentType, idempotencyKey, created, nonce }))) console.log(`${name}: ${value}`)
}
