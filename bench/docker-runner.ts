/**
 * The runner `docker` beside the runner `process`: CPU share of a function, then the same experiments with both in turn: verdicts, and
 * rates at every n with their ratio. Starts a Docker daemon of its own. Takes about 4 minutes.
 * `node bench/docker-runner.ts [share] [fifo] [capped] [download] [upload]`
 */
import { analyze, defineExperiment, iperf3, type Report, run } from '../src/index.ts'
import { type LocalOptions, local } from '../src/providers/local.ts'
import { TestDaemon } from '../test/providers/local/docker/test-daemon.ts'
import { TestLab } from '../test/providers/local/lab.ts'

const policies = {
  fifo: { uplinkBitsPerSecond: 300e6, sharing: 'fifo' },
  capped: { uplinkBitsPerSecond: 300e6, sharing: 'capped', capBitsPerSecond: 20e6 },
} as const satisfies Record<string, LocalOptions>
const runners = ['process', 'docker'] as const
const chosen = process.argv.slice(2)
const wanted = <Part extends string>(parts: readonly Part[]): readonly Part[] => {
  const some = parts.filter((part) => chosen.includes(part))
  return some.length === 0 ? parts : some
}

await using daemon = await TestDaemon.start()
process.env['DOCKER_HOST'] = `unix://${daemon.socket}`
for (const part of wanted(['share', 'fifo', 'capped'])) {
  if (part !== 'share') await compare(part, policies[part])
  else for (const runner of runners) await printShares(runner)
}

/** Of a busy loop of 3 s in a function with 128 MB; in proportion to its memory it is 2 × 128 / 3008 = 0.0851. */
async function printShares(runner: (typeof runners)[number]): Promise<void> {
  await using lab = await TestLab.start({ sharing: 'none', runner }, { memoryMb: 128 })
  const shares: number[] = []
  for (let count = 0; count < 5; count++) shares.push(Number((await lab.act({ act: 'burn', ms: 3000 }))['share']))
  const shown = shares.toSorted((a, b) => a - b).map((share) => share.toFixed(4))
  console.log(`${runner}: CPU share at 128 MB ${shown[2]} (${shown.join(', ')})`)
}

async function compare(name: string, options: LocalOptions): Promise<void> {
  const reports = new Map<string, Report>()
  for (const runner of runners) {
    const experiment = defineExperiment({
      provider: local({ ...options, runner }),
      probe: iperf3({ seconds: 1 }),
      memoryMb: [2048],
      concurrency: [1, 2, 4, 8],
      direction: wanted(['download', 'upload']),
      repetitions: 4,
    })
    const report = await analyze(await run(experiment), { hostIdle: -1 }) // whatever else runs: the two are compared
    reports.set(runner, report)
    for (const { direction, verdict, upToConcurrency, reasons } of report.sharing) {
      console.log(`${name} ${runner} ${direction}: ${verdict} up to ${upToConcurrency}${reasons.map(({ code }) => `, ${code}`).join('')}`)
    }
  }
  for (const { direction, concurrency, aggregate } of reports.get('process')?.cells ?? []) {
    const other = reports.get('docker')?.cells.find((cell) => cell.direction === direction && cell.concurrency === concurrency)
    const [process = Number.NaN, docker = Number.NaN] = [aggregate, other?.aggregate].map(
      (one) => (one?.medianBitsPerSecond ?? Number.NaN) / 1e6,
    )
    const ratio = (docker / process).toFixed(4)
    console.log(`${name} ${direction} n=${concurrency}: process ${process.toFixed(1)}, docker ${docker.toFixed(1)} Mbit/s, ratio ${ratio}`)
  }
}
