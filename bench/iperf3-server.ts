/**
 * Our iperf3 server ÷ real `iperf3 -s`: one real client, unshaped, over a routed path of network namespaces, cubic.
 *
 *     node bench/iperf3-server.ts [--pairs 9] [--seconds 1] [--streams 1]
 *
 * Needs root, ip, iperf3. Prints the median of alternating pairs, and CPU seconds of the server for each GB.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '1' },
    streams: { type: 'string', default: '1' },
  },
})
const prefix = `nfb${process.pid}`
const children: ChildProcess[] = []
const [host, server, client] = [`${prefix}-host`, `${prefix}-srv`, `${prefix}-sb`]
const serverAddress = '198.19.0.2'
const ports = { real: 5201, ours: 5301 }
type Server = keyof typeof ports

interface Run {
  readonly bitsPerSecond: number
  readonly cpuSecondsPerGB: number
}

function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] })
}

function buildPath(): void {
  for (const namespace of [host, server, client]) ip(`netns add ${namespace}`)
  ip(`-n ${host} link add up0 type veth peer name eth0 netns ${server}`)
  ip(`-n ${host} link add v1 type veth peer name eth0 netns ${client}`)
  ip(`-n ${host} addr add 198.19.0.1/30 dev up0`)
  ip(`-n ${host} addr add 198.18.255.253/16 dev v1`)
  for (const device of ['up0', 'v1']) ip(`-n ${host} link set ${device} up`)
  ip(`netns exec ${host} sysctl -qw net.ipv4.ip_forward=1`)
  ip(`-n ${server} addr add ${serverAddress}/30 dev eth0`)
  ip(`-n ${client} addr add 198.18.0.1/16 dev eth0`)
  for (const namespace of [server, client]) ip(`-n ${namespace} link set eth0 up`)
  ip(`-n ${server} route add default via 198.19.0.1 congctl cubic`)
  ip(`-n ${client} route add default via 198.18.255.253 congctl cubic`)
}

function start(command: readonly string[], listens: RegExp): Promise<ChildProcess> {
  const child = spawn('ip', ['netns', 'exec', server, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command[0]} ended with ${code}`)))
    child.stdout.on('data', (text) => listens.test(String(text)) && resolve(child))
  })
}

/** CPU seconds of a process and its children. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return (Number(fields[11]) + Number(fields[12])) / 100 + children.reduce((sum, child) => sum + cpuSeconds(Number(child)), 0)
}

function measure(which: Server, direction: 'download' | 'upload', pid: number): Run {
  const before = cpuSeconds(pid)
  const args = [
    'netns',
    'exec',
    client,
    'iperf3',
    '-c',
    serverAddress,
    '-p',
    String(ports[which]),
    '-t',
    values.seconds,
    '-P',
    values.streams,
    '-J',
  ]
  const text = execFileSync('ip', direction === 'download' ? [...args, '-R'] : args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  const { bits_per_second: bitsPerSecond, bytes } = JSON.parse(text).end.sum_received
  return { bitsPerSecond, cpuSecondsPerGB: (cpuSeconds(pid) - before) / (bytes / 1e9) }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

function report(direction: 'download' | 'upload', runs: Readonly<Record<Server, readonly Run[]>>): void {
  const ratios = runs.ours.map((run, i) => run.bitsPerSecond / (runs.real[i]?.bitsPerSecond ?? Number.NaN))
  const gigabits = (which: Server): string => (median(runs[which].map((run) => run.bitsPerSecond)) / 1e9).toFixed(1)
  const cpu = (which: Server): string => median(runs[which].map((run) => run.cpuSecondsPerGB)).toFixed(3)
  console.log(
    `${direction}: ours ÷ real, median of ${ratios.length} pairs: ${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}]`,
    `ours ${gigabits('ours')}, real ${gigabits('real')} Gbit/s; CPU s/GB ours ${cpu('ours')}, real ${cpu('real')}`,
  )
}

function cleanUp(): void {
  for (const child of children) {
    child.removeAllListeners('exit')
    child.stdin?.end()
    child.kill('SIGTERM')
  }
  for (const namespace of [host, server, client]) {
    try {
      ip(`netns del ${namespace}`)
    } catch {
      // It was not made yet; ip says so.
    }
  }
}

process.once('SIGINT', () => {
  cleanUp()
  process.exit(130)
})
try {
  buildPath()
  const entry = fileURLToPath(new URL('../src/server/entry.ts', import.meta.url))
  const options = JSON.stringify({ host: serverAddress, port: ports.ours, httpPort: 0, open: true })
  const real = await start(['iperf3', '-s', '-p', String(ports.real), '--forceflush'], /listening/i)
  const ours = await start([process.execPath, entry, options], /iperf3/)
  const pids = { real: real.pid ?? 0, ours: ours.pid ?? 0 }
  for (const direction of ['download', 'upload'] as const) {
    const runs: Record<Server, Run[]> = { real: [], ours: [] }
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      const order: Server[] = pair % 2 === 0 ? ['ours', 'real'] : ['real', 'ours']
      for (const which of order) runs[which].push(measure(which, direction, pids[which]))
    }
    report(direction, runs)
  }
} finally {
  cleanUp()
}
