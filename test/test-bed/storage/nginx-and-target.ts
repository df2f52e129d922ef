// Runs where the target of `local` stands, behind the uplink: starts nginx beside it. node nginx-and-target.ts CONFIGURATION PROGRAM ARGUMENTS…
import { spawn } from 'node:child_process'

const [configuration = '', program = '', ...args] = process.argv.slice(2)

// It ends with this process, however that ends.
const nginx = spawn('setpriv', ['--pdeathsig', 'KILL', 'nginx', '-c', configuration, '-e', 'stderr'], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
nginx.on('exit', (code, signal) => {
  console.error(`nginx ended: ${code ?? signal}`)
  process.exit(1)
})
const target = spawn(program, args, { stdio: 'inherit' })
target.on('exit', (code) => process.exit(code ?? 1))
