import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A certificate for 127.0.0.1 and who vouches for it. */
export interface Certificates {
  /** File with the authority's certificate, PEM. */
  readonly caFile: string
  readonly cert: string
  readonly key: string
}

const run = promisify(execFile)
const LEAF = 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n'

/** Makes an authority and a certificate of it, with openssl, in a directory. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: directory })
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await writeFile(join(directory, 'leaf.ext'), LEAF)
  await openssl('req', '-x509', ...ecKey, '-days', '2', '-subj', '/CN=netfair test bed', '-keyout', 'ca.key', '-out', 'ca.pem')
  await openssl('req', '-new', ...ecKey, '-subj', '/CN=127.0.0.1', '-keyout', 'leaf.key', '-out', 'leaf.csr')
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'leaf.ext']
  await openssl('x509', '-req', '-in', 'leaf.csr', ...signing, '-out', 'leaf.pem')
  const [cert, key] = await Promise.all(['leaf.pem', 'leaf.key'].map((file) => readFile(join(directory, file), 'utf8')))
  return { caFile: join(directory, 'ca.pem'), cert: cert ?? '', key: key ?? '' }
}
