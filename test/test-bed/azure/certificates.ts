import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Certificates of a bed: an authority of its own, and a server that it vouches for. */
export interface Certificates {
  /** File with the authority's certificate, PEM. */
  readonly caFile: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const openssl = promisify(execFile)
const NEW_KEY = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']

/** Makes both with openssl; the server's holds for 127.0.0.1 and localhost. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const file = (name: string): string => join(directory, name)
  const authority = ['-subj', '/CN=Test bed authority', '-addext', 'keyUsage=critical,keyCertSign']
  await openssl('openssl', [...NEW_KEY, ...authority, '-keyout', file('ca.key'), '-out', file('ca.pem')])
  const server = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-addext', 'basicConstraints=CA:FALSE']
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key')]
  await openssl('openssl', [...NEW_KEY, ...server, ...signed, '-keyout', file('server.key'), '-out', file('server.pem')])
  const [ca, cert, key] = await Promise.all(['ca.pem', 'server.pem', 'server.key'].map((name) => readFile(file(name), 'utf8')))
  return { caFile: file('ca.pem'), ca: ca ?? '', cert: cert ?? '', key: key ?? '' }
}
