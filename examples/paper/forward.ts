// Runs beside the target of `local`, behind the uplink: hands connections on to a server outside, then becomes the target.
// node forward.ts HOST PORT SOCKET PROGRAM ARGUMENTS…
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'

const [host = '', port = '', socket = '', program = '', ...args] = process.argv.slice(2)

const server = createServer((inside) => {
  const outside = connect(socket)
  inside.pipe(outside).pipe(inside)
  for (const [one, other] of [[inside, outside] as const, [outside, inside] as const]) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
})

server.listen(Number(port), host, () => {
  const target = spawn(program, args, { stdio: 'inherit' })
  target.on('exit', (code) => process.exit(code ?? 1))
})
