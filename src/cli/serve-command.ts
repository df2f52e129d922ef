import { type Command, InvalidArgumentError, Option } from 'commander'
import { startTarget } from '../server/target.ts'
import { interruptible } from './interruption.ts'

interface ServeFlags {
  readonly host: string
  readonly port: number
  readonly httpPort: number
  readonly token?: string
  readonly open?: true
}

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run a target: iperf3 and HTTP; prints one JSON line when it listens')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port of the iperf3 end; 0 picks a free one', port, 5201)
    .option('--http-port <number>', 'port of the HTTP end; 0 picks a free one', port, 5202)
    .addOption(new Option('--token <token>', 'what clients must send; without it one is made').conflicts('open'))
    .option('--open', 'serve anyone who reaches it')
    .action(serve)
}

async function serve({ host, port: iperf3Port, httpPort, token, open }: ServeFlags): Promise<void> {
  const options = { host, port: iperf3Port, httpPort, ...(token !== undefined && { token }), ...(open === true && { open }) }
  await interruptible(async (signal) => {
    const running = await startTarget(options)
    process.stdout.write(`${JSON.stringify(running.target)}\n`)
    const stopped = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => stopped.resolve())
    if (!signal.aborted) await stopped.promise
    await running.dispose()
    throw signal.reason
  })
}

function port(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw new InvalidArgumentError('A port is an integer from 0 to 65535.')
}
