/**
 * The download of the probe `object-download` ÷ what applications have, from a real nginx (sendfile, file in memory), over a routed path of
 * network namespaces, cubic, unshaped; also under a CPU quota (cgroup v1, period 100 ms) on the client. `signed-url` ÷ curl; `sdk` ÷ the bare SDK
 * of S3 in a plain script, for which nginx is store enough: it reads no signature.
 *
 *     node bench/object-download.ts [--pairs 7] [--verify] [--only plain,0.085,0.25,https,sdk,sdk-0.085,sdk-0.25]
 *
 * All get the same object as often, one request after the other on one connection, and drop it. Ours do it as the probe's default (`verify: 'once'`)
 * once it has verified each object; with --verify they verify the CRC-32 each time (`verify: 'always'`), which neither of the others does. The
 * same TLS.
 * Goodput is payload ÷ time from the first request (ours: connection open, TLS agreed) to the last byte: for curl the sum of its transfers'
 * time_total less the first one's time_pretransfer.
 * Needs root, ip, nginx, curl, openssl. Prints the median of alternating pairs. CPU seconds for each GB: over the transfer, curl's over its
 * whole run.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { crc32 } from 'node:zlib'
import { build } from 'esbuild'
import { type Case, ClientUnderQuota, FILE_BYTES, inPairs, median, type Run, report } from './client-under-quota.ts'

const { values } = parseArgs({
  options: {
    verify: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '7' },
    only: { type: 'string', default: 'plain,0.085,0.25,https,sdk,sdk-0.085,sdk-0.25' },
  },
})

interface ObjectCase extends Case {
  readonly sdk?: boolean
}

interface ObjectRun extends Run {
  readonly checksumShare?: number
}

const CASES: readonly ObjectCase[] = [
  { name: 'plain', times: 8, wanted: 0.85 },
  { name: '0.085', quota: 0.085, times: 2, wanted: 1 },
  { name: '0.25', quota: 0.25, times: 4, wanted: 0.95 },
  { name: 'https', secure: true, times: 3, wanted: 0.9 },
  { name: 'sdk', sdk: true, times: 3, wanted: 0.95 },
  { name: 'sdk-0.085', sdk: true, quota: 0.085, times: 1, wanted: 0.95 },
  { name: 'sdk-0.25', sdk: true, quota: 0.25, times: 1, wanted: 0.95 },
]
const CRC32 = crc32(Buffer.alloc(FILE_BYTES, 'netfair'))
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' }

await using client = await ClientUnderQuota.start('object')
const { nginx, folder } = client
mkdirSync(join(nginx.root, 'bench'))
renameSync(join(nginx.root, 'object'), join(nginx.root, 'bench/object'))
const bundle = await built('object-download-run.ts')
const bare = await built('object-download-bare.ts')

async function built(program: string): Promise<string> {
  const outfile = join(folder, program.replace('.ts', '.mjs'))
  await build({
    entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire as netfairRequire}from'node:module';const require=netfairRequire(import.meta.url);" },
  })
  return outfile
}

function originOf({ secure }: Case): string {
  return secure ? nginx.https : nginx.http
}

function ours(test: ObjectCase): ObjectRun {
  const origin = originOf(test)
  const location = { store: 's3', bucket: 'bench', region: 'us-east-1', endpoint: origin, prefix: '', ...(test.secure && { ca: nginx.ca }) }
  const objects = [{ id: 'object', bytes: FILE_BYTES, crc32: CRC32 }]
  const signed = { method: 'GET', url: `${origin}/bench/object`, expiresAtMs: Number.MAX_SAFE_INTEGER }
  const work = { location, transport: test.sdk ? 'sdk' : 'signed-url', objects, ...(!test.sdk && { requests: [signed] }) }
  const given = { verify: values.verify ? 'always' : 'never', work, times: test.times, bytes: FILE_BYTES, origin, credentials: CREDENTIALS }
  return JSON.parse(client.run(test, [process.execPath, bundle, JSON.stringify(given)]).output) as ObjectRun
}

function theirs(test: ObjectCase): Run {
  if (!test.sdk) return client.curl(test, `${originOf(test)}/bench/object`)
  return JSON.parse(client.run(test, [process.execPath, bare, nginx.http, String(test.times), String(FILE_BYTES)]).output) as Run
}

for (const test of CASES.filter(({ name }) => values.only.split(',').includes(name))) {
  const pairs = inPairs(
    Number(values.pairs),
    () => ours(test),
    () => theirs(test),
  )
  const checksum = 100 * median(pairs.map((pair) => pair.ours.checksumShare ?? 0))
  report(test, test.sdk ? 'the bare SDK' : 'curl', pairs, `; checksum ${checksum.toFixed(1)} % of the time`)
}
