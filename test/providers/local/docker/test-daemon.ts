import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { afterAll, beforeAll } from 'vitest'

/** A Docker daemon of its own, with nothing in common with any other on this machine. */
export class TestDaemon implements AsyncDisposable {
  readonly socket: string
  readonly client: Docker
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #log = ''

  private constructor(folder: string) {
    this.#folder = folder
    this.socket = join(folder, 'docker.sock')
    this.client = new Docker({ socketPath: this.socket })
    const own = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '-p', join(folder, 'pid')]
    const quiet = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs']
    const parent = ['--cgroup-parent', `/${basename(folder)}`]
    this.#child = spawn('dockerd', [...own, ...quiet, ...parent, '-H', `unix://${this.socket}`], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-4000)
    })
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve).once('error', resolve))
  }

  static async start(): Promise<TestDaemon> {
    const daemon = new TestDaemon(mkdtempSync(join(tmpdir(), 'test-docker-')))
    const deadline = performance.now() + 30_000
    for (;;) {
      if (await listens(daemon.socket)) {
        await daemon.client.ping()
        return daemon
      }
      if (performance.now() > deadline || daemon.#child.exitCode !== null) {
        await daemon[Symbol.asyncDispose]()
        throw new Error(`dockerd does not listen: ${daemon.#log}`)
      }
      await sleep(20)
    }
  }

  /** Containers, images and volumes that it has. */
  async holds(): Promise<string[]> {
    const [containers, images, { Volumes }] = await Promise.all([
      this.client.listContainers({ all: true }),
      this.client.listImages({ all: true }),
      this.client.listVolumes(),
    ])
    return [...containers, ...images].map(({ Id }) => Id).concat((Volumes ?? []).map(({ Name }) => Name))
  }

  /** As when it crashes. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    this.#child.kill('SIGTERM')
    await this.#ended
    clearTimeout(patience)
    // After a crash: what the daemon would have ended.
    const deadline = performance.now() + 10_000
    for (let left = this.#processes(); left.length > 0; left = this.#processes()) {
      for (const pid of left) kill(pid)
      if (performance.now() > deadline) throw new Error(`processes of ${this.#folder} do not end: ${left}`)
      await sleep(20)
    }
    for (const path of this.#mounts()) execFileSync('umount', ['-l', path])
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
    for (const group of this.#groups()) rmdirSync(group)
  }

  #processes(): number[] {
    const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const mine = numbers.filter((pid) => [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/cgroup`)].some((text) => this.#names(text)))
    return mine.map(Number).filter((pid) => pid !== process.pid && !/^State:\s+Z/m.test(read(`/proc/${pid}/status`)))
  }

  #names(text: string): boolean {
    return text.includes(`/${basename(this.#folder)}/`)
  }

  /** Innermost first. */
  #mounts(): string[] {
    const points = read('/proc/self/mounts')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
    return points.filter((point) => point.startsWith(this.#folder)).toReversed()
  }

  /** Containers' groups of a daemon that crashed, then their parent; innermost first. */
  #groups(): string[] {
    const roots = read('/proc/self/mounts')
      .split('\n')
      .map((line) => line.split(' '))
    const parents = roots
      .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
      .map(([, path = '']) => join(path, basename(this.#folder)))
      .filter((path) => existsSync(path))
    const inside = (path: string): string[] =>
      readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(path, name))
    return [...parents.flatMap(inside), ...parents]
  }
}

function listens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false))
    connection.once('connect', () => connection.destroy())
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // ended meanwhile
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Whom runs with runner docker talk to from now on. */
export function useSocket(path: string): void {
  process.env['DOCKER_HOST'] = `unix://${path}`
}

/** A daemon for all tests of a file, which use it; afterwards `DOCKER_HOST` is as it was. */
export function daemonOfThisFile(): { readonly socket: string; readonly client: Docker; holds(): Promise<string[]> } {
  const before = process.env['DOCKER_HOST']
  let daemon: TestDaemon | undefined
  const started = (): TestDaemon => {
    if (daemon === undefined) throw new Error('The daemon starts with the first test.')
    return daemon
  }
  beforeAll(async () => {
    daemon = await TestDaemon.start()
    useSocket(daemon.socket)
  })
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]()
    if (before === undefined) delete process.env['DOCKER_HOST']
    else process.env['DOCKER_HOST'] = before
  })
  return {
    get socket() {
      return started().socket
    },
    get client() {
      return started().client
    },
    holds: () => started().holds(),
  }
}
