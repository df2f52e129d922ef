import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../iperf3/real-server.ts'

/** A real nginx with files of known size, ended by its process id; its certificate is its own. */
export interface Nginx extends AsyncDisposable {
  /** `http://host:port` */
  readonly http: string
  /** `https://host:port` */
  readonly https: string
  /** The certificate, PEM. */
  readonly ca: string
  /** Where its files are. */
  readonly root: string
}

export interface NginxOptions {
  readonly host?: string
  /** Files by name, with their bytes. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Further lines of its `server` block. */
  readonly locations?: string
  /** Where it runs. */
  readonly wrap?: (command: readonly string[]) => readonly [string, ...string[]]
}

/** Starts nginx in a folder of its own, in the foreground; it listens when this returns. */
export async function startNginx({ host = '127.0.0.1', files, locations = '', wrap }: NginxOptions): Promise<Nginx> {
  const folder = mkdtempSync('/dev/shm/netfair-nginx-')
  const root = join(folder, 'www')
  const ports = { http: await freePort(), https: await freePort() }
  mkdirSync(root)
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(root, name), bytes)
  makeCertificate(folder, host)
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, root, host, ports, locations))
  const [program, ...args] = (wrap ?? ((command) => ['env', ...command]))([
    'nginx',
    '-p',
    folder,
    '-c',
    join(folder, 'nginx.conf'),
    '-e',
    'stderr',
  ])
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const closed = once(child, 'close')
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await closed
    rmSync(folder, { recursive: true })
  }
  try {
    await listens(child, [ports.http, ports.https])
  } catch (error) {
    await dispose()
    throw error
  }
  const [http, https] = [`http://${host}:${ports.http}`, `https://${host}:${ports.https}`]
  return { http, https, ca: readFileSync(join(folder, 'cert.pem'), 'utf8'), root, [Symbol.asyncDispose]: dispose }
}

function makeCertificate(folder: string, host: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=netfair-test', '-addext', `subjectAltName=IP:${host}`, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
}

const configuration = (folder: string, root: string, host: string, ports: { http: number; https: number }, locations: string): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  server {
    listen ${host}:${ports.http};
    listen ${host}:${ports.https} ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    root ${root};
    ${locations}
  }
}
`

/** Looks for its sockets: it may be in a network namespace that this process cannot reach. */
async function listens(child: ChildProcess, ports: readonly number[]): Promise<void> {
  const wanted = ports.map((port) => `:${port.toString(16).toUpperCase().padStart(4, '0')} `)
  for (const deadline = performance.now() + 10_000; performance.now() < deadline && child.exitCode === null; ) {
    const table = existing(`/proc/${child.pid}/net/tcp`)
    const listening = table.split('\n').filter((line) => / 0A /.test(line))
    if (wanted.every((port) => listening.some((line) => line.includes(port)))) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('nginx does not listen')
}

function existing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
